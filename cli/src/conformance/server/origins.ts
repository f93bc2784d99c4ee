import { ALLOWED_HEADERS } from '@opsmantik/tracker/contract'
import { must, section, type Check } from '../check.js'
import { expectCors, expectNoCors, expectRefusal, expectStatus, listOf } from '../expect.js'
import { lookAlikes } from './look-alikes.js'
import { FOREIGN, type Server } from './server.js'
import { expectRefusedBy, signedWays } from './ways.js'

/** Section 2: which origins are allowed. */
export const origins: Check<Server>[] = section(2, [
  {
    id: 'origin.preflight',
    title: 'A preflight from an allowed origin gets 204 with the four headers of the contract',
    cause:
      'The origin is not in ALLOWED_ORIGINS (the doctor tells which entry is missing), or a gateway answers preflights.',
    async run(server) {
      for (const path of server.posts) {
        const answer = await server.preflight(path, server.origin)
        expectStatus(answer, 204, `preflight of ${path}`)
        expectCors(answer, server.origin, `preflight of ${path}`)
        const methods = listOf(answer.headers.get('access-control-allow-methods'))
        must(
          ['post', 'options'].every((name) => methods.includes(name)),
          `Access-Control-Allow-Methods should be POST, OPTIONS, is ${methods.join(', ') || 'missing'}`,
          answer,
        )
        const headers = listOf(answer.headers.get('access-control-allow-headers'))
        for (const name of listOf(ALLOWED_HEADERS))
          must(headers.includes(name), `Access-Control-Allow-Headers lacks ${name}`, answer)
        must(
          answer.headers.get('access-control-max-age') === '7200',
          `Access-Control-Max-Age should be 7200, is ${answer.headers.get('access-control-max-age') ?? 'missing'}`,
          answer,
        )
      }
    },
  },
  {
    id: 'origin.preflight-exact',
    title: 'A preflight allows POST and OPTIONS and the four request headers, and nothing else',
    cause:
      'A CORS middleware with its defaults, which allow every method or echo what was asked for.',
    async run(server) {
      for (const path of server.posts) {
        const answer = await server.preflight(path, server.origin, {
          'Access-Control-Request-Method': 'DELETE',
          'Access-Control-Request-Headers': 'x-anything',
        })
        const methods = listOf(answer.headers.get('access-control-allow-methods')).sort().join()
        must(
          methods === 'options,post',
          `${path}: Access-Control-Allow-Methods should be POST, OPTIONS, is ${methods || 'missing'}`,
          answer,
        )
        const headers = listOf(answer.headers.get('access-control-allow-headers')).sort().join()
        must(
          headers === listOf(ALLOWED_HEADERS).sort().join(),
          `${path}: Access-Control-Allow-Headers should be ${ALLOWED_HEADERS}, is ${headers || 'missing'}`,
          answer,
        )
      }
    },
  },
  {
    id: 'origin.preflight-first',
    title: 'Preflight is answered before anything else: no authentication, no rate limit',
    cause: 'Authentication, a firewall or a limiter stands before the CORS middleware.',
    async run(server) {
      for (const path of server.posts) {
        const answers = await Promise.all(
          Array.from({ length: 20 }, () => server.preflight(path, server.origin)),
        )
        for (const answer of answers) {
          expectStatus(answer, 204, `one of 20 preflights of ${path} without credentials`)
          must(
            !answer.headers.has('ratelimit'),
            `a preflight of ${path} was counted: it carries RateLimit`,
            answer,
          )
        }
      }
    },
  },
  {
    id: 'origin.preflight-denied',
    title: 'A preflight from a denied origin gets 403 without any Access-Control-*',
    cause:
      'A wildcard, an echoed origin, or a CORS middleware that answers 204 to everybody and leaves out a header.',
    async run(server) {
      for (const path of server.posts) {
        const answer = await server.preflight(path, FOREIGN)
        expectStatus(answer, 403, `preflight of ${path} from ${FOREIGN}`)
        expectNoCors(answer, `preflight of ${path} from ${FOREIGN}`)
      }
    },
  },
  {
    id: 'origin.denied',
    title:
      'A POST whose origin is denied is 403 ORIGIN_NOT_ALLOWED with the origin as received, without Access-Control-*',
    cause: 'Only preflights are checked; a text/plain POST has none.',
    async run(server) {
      for (const path of server.posts) {
        const answer = await server.post(path, '{}', { Origin: FOREIGN })
        expectRefusal(answer, 403, 'ORIGIN_NOT_ALLOWED', `POST ${path} from ${FOREIGN}`)
        must(answer.json['origin'] === FOREIGN, '"origin" is not the origin as received', answer)
        expectNoCors(answer, `POST ${path} from ${FOREIGN}`)
      }
    },
  },
  {
    id: 'origin.denied-signed',
    title: 'A good signature does not help a denied origin',
    cause: 'The origin is looked at only where there is no signature.',
    async run(server) {
      for (const way of signedWays(server)) {
        const answer = await way.sendEvent(way.event(), { origin: FOREIGN })
        expectRefusedBy(way, answer, 403, 'ORIGIN_NOT_ALLOWED', 'signed, from a foreign origin')
        expectNoCors(answer, `${way.name}, signed, from a foreign origin`)
      }
    },
  },
  {
    id: 'origin.exact',
    title:
      'Origins are compared whole: no subdomain, suffix or prefix match, and scheme and port count',
    cause: 'startsWith, endsWith, includes, or a regular expression without anchors.',
    async run(server) {
      for (const path of server.posts)
        for (const origin of lookAlikes(server.origin)) {
          const preflight = await server.preflight(path, origin)
          expectStatus(preflight, 403, `preflight of ${path} from ${origin}`)
          expectNoCors(preflight, `preflight of ${path} from ${origin}`)
          const post = await server.post(path, '{}', { Origin: origin })
          expectRefusal(post, 403, 'ORIGIN_NOT_ALLOWED', `POST ${path} from ${origin}`)
          expectNoCors(post, `POST ${path} from ${origin}`)
        }
    },
  },
  {
    id: 'origin.null',
    title: 'The origin null is never allowed',
    cause: 'null was put on the list for file:// pages; every sandboxed frame has it too.',
    async run(server) {
      for (const path of server.posts)
        expectStatus(
          await server.preflight(path, 'null'),
          403,
          `preflight of ${path} from the origin null`,
        )
      for (const path of server.posts)
        expectRefusal(
          await server.post(path, '{}', { Origin: 'null' }),
          403,
          'ORIGIN_NOT_ALLOWED',
          `POST ${path} from null`,
        )
    },
  },
])
