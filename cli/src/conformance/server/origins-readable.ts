import { CALL_EVENT_V1, EXPOSED_HEADERS } from '@opsmantik/tracker/contract'
import { must, section, type Check } from '../check.js'
import {
  expectCors,
  expectNoCors,
  expectRefusal,
  expectStatus,
  expectVary,
  listOf,
} from '../expect.js'
import { signedResponses, errorsFor, signedErrorsFor, successesFor } from './origin-responses.js'
import { FOREIGN, type Server } from './server.js'
import { signedWays } from './ways.js'

/** Section 2: which responses a page can read. */
export const originsReadable: Check<Server>[] = section(2, [
  {
    id: 'origin.vary',
    title: 'Vary: Origin on every answer of these paths, allowed or not',
    cause:
      'Vary is set only where the origin is allowed, and a cache hands one site’s answer to another.',
    async run(server) {
      for (const path of server.posts) {
        expectVary(await server.preflight(path, server.origin), `preflight of ${path}`)
        expectVary(await server.preflight(path, FOREIGN), `denied preflight of ${path}`)
        expectVary(await server.post(path, '{}'), `POST ${path}`)
        expectVary(await server.post(path, '{}', { Origin: FOREIGN }), `denied POST ${path}`)
        for (const origin of [server.origin, FOREIGN])
          for (const [status, answer] of await errorsFor(server, path, origin))
            expectVary(answer, `the ${status} of ${path}`)
      }
      for (const [name, answer] of await signedErrorsFor(server)) expectVary(answer, `the ${name}`)
      for (const [name, answer] of await successesFor(server))
        expectVary(answer, `the 200 of ${name}`)
      for (const way of signedWays(server))
        expectVary(await way.sendEvent(way.event()), `the 200 of ${way.name}`)
    },
  },
  {
    id: 'origin.errors-readable',
    title: 'Errors carry Access-Control-Allow-Origin for an allowed origin',
    cause:
      'CORS headers are added where a request succeeds. A browser then reports "CORS error" for what is a 401.',
    async run(server) {
      for (const path of server.posts)
        for (const [status, answer] of await errorsFor(server, path)) {
          must(
            String(answer.status) === status,
            `${path}: expected ${status}, got ${answer.status}`,
            answer,
          )
          expectCors(answer, server.origin, `the ${status} of ${path}`)
        }
      for (const [name, answer] of await signedErrorsFor(server))
        expectCors(answer, server.origin, `the ${name}`)
    },
  },
  {
    id: 'origin.denied-unreadable',
    title: 'No refusal carries Access-Control-* for an origin that is denied, whatever is refused',
    cause: 'The middleware of errors repeats the Origin header of the request.',
    async run(server) {
      for (const path of server.posts)
        for (const [status, answer] of await errorsFor(server, path, FOREIGN)) {
          must(
            [403, Number(status)].includes(answer.status),
            `${path} from ${FOREIGN}: expected 403, got ${answer.status}`,
            answer,
          )
          expectNoCors(answer, `the ${answer.status} of ${path} for ${FOREIGN}`)
        }
      expectNoCors(
        await server.post('/api/no-such-path', '{}', { Origin: FOREIGN }),
        `the 404 for ${FOREIGN}`,
      )
    },
  },
  {
    id: 'origin.not-found-readable',
    title:
      'A path that is almost right is a 404 that its page can read: a trailing slash, another version',
    cause:
      'CORS headers belong to routes: a slash too many in the page’s address is reported as a CORS error.',
    async run(server) {
      for (const path of [...server.posts.map((one) => one + '/'), `${CALL_EVENT_V1}/v3`]) {
        const answer = await server.post(path, '{}')
        expectRefusal(answer, 404, 'NOT_FOUND', `POST ${path}`)
        expectCors(answer, server.origin, `the 404 of ${path}`)
        expectVary(answer, `the 404 of ${path}`)
      }
    },
  },
  {
    id: 'origin.success-readable',
    title: 'A recorded event’s answer carries Access-Control-Allow-Origin',
    cause: 'CORS headers stand on the preflight only.',
    async run(server) {
      for (const [name, answer] of await successesFor(server)) {
        expectStatus(answer, 200, name)
        expectCors(answer, server.origin, `the 200 of ${name}`)
      }
    },
  },
  {
    id: 'origin.exposed',
    title: 'Answers expose Retry-After, RateLimit, RateLimit-Policy and X-Request-Id',
    cause:
      'Without Access-Control-Expose-Headers a page cannot read Retry-After, and retries too early.',
    async run(server) {
      for (const path of server.posts)
        for (const [status, answer] of await errorsFor(server, path)) {
          const exposed = listOf(answer.headers.get('access-control-expose-headers'))
          for (const name of listOf(EXPOSED_HEADERS))
            must(exposed.includes(name), `the ${status} of ${path} does not expose ${name}`, answer)
        }
      for (const [kind, answer] of [
        ...(await successesFor(server)),
        ...(await signedErrorsFor(server)),
      ]) {
        const exposed = listOf(answer.headers.get('access-control-expose-headers'))
        for (const name of listOf(EXPOSED_HEADERS))
          must(
            exposed.includes(name),
            `the ${answer.status} of ${kind} does not expose ${name}`,
            answer,
          )
      }
    },
  },
  {
    id: 'origin.no-credentials',
    title: 'Never Access-Control-Allow-Credentials, never a wildcard',
    cause: 'A CORS middleware with credentials on, or origin: "*".',
    async run(server) {
      for (const path of server.posts)
        for (const answer of [
          await server.preflight(path, server.origin),
          await server.preflight(path, FOREIGN),
          ...(await errorsFor(server, path)).map(([, x]) => x),
          ...(path === server.posts[0] ? await signedResponses(server) : []),
        ]) {
          must(
            !answer.headers.has('access-control-allow-credentials'),
            'Access-Control-Allow-Credentials stands there',
            answer,
          )
          must(
            answer.headers.get('access-control-allow-origin') !== '*',
            'Access-Control-Allow-Origin is *',
            answer,
          )
        }
    },
  },
  {
    id: 'origin.once',
    title: 'Access-Control-Allow-Origin stands there once',
    cause: 'The application and the gateway before it both set it; browsers refuse the two.',
    async run(server) {
      for (const path of server.posts)
        for (const answer of [
          await server.preflight(path, server.origin),
          ...(await errorsFor(server, path)).map(([, x]) => x),
          ...(path === server.posts[0] ? await signedResponses(server) : []),
        ])
          must(
            !answer.headers.get('access-control-allow-origin')?.includes(','),
            `it is ${answer.headers.get('access-control-allow-origin')}`,
            answer,
          )
    },
  },
])
