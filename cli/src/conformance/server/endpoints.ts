import { CALL_EVENT_V1, HEALTH, OPENAPI } from '@opsmantik/tracker/contract'
import { must, section, type Check } from '../check.js'
import type { Exchange } from '../../probe/exchange.js'
import { expectJson, expectRefusal, expectStatus, listOf } from '../expect.js'
import { FOREIGN, POSTS, type Server } from './server.js'
import { expectTakenBy, signedWays } from './ways.js'

const requestId = 'x-request-id'

/** Paths that are almost one of the contract's. */
const ODD_PATHS = [
  ...POSTS.flatMap((path) => [path + 'x', path + '/x', path.toUpperCase()]),
  '/api/call-event/v3',
  '/api/call-event/v1',
  '/v2' + CALL_EVENT_V1,
]
/** Registered methods that no path takes. One that no registry has is refused by HTTP parsers before any server sees it. */
const OTHER_METHODS = ['GET', 'PUT', 'DELETE', 'PATCH', 'PROPFIND']

/** One response of each kind, from each path. */
const answersOfAllKinds = async (
  server: Server,
  headers: Record<string, string> = {},
): Promise<Exchange[]> => {
  const found = [
    await server.ask(HEALTH, { headers }),
    await server.ask('/api/no-such-path', { headers }),
    await server.ask(HEALTH, { method: 'DELETE', headers }),
  ]
  for (const path of server.posts)
    found.push(
      await server.preflight(path, server.origin, headers),
      await server.preflight(path, FOREIGN, headers),
      await server.ask(path, { headers }),
      await server.post(path, '{}', { ...headers, Origin: FOREIGN }),
      await server.post(path, 'x'.repeat(65_537), headers),
      await server.post(path, '{}', { ...headers, 'Content-Type': 'application/xml' }),
      await server.post(path, 'nonsense', headers),
    )
  if (server.options.secret && server.options.siteId)
    for (const way of signedWays(server)) {
      const event = way.event()
      found.push(
        await way.sendEvent(event, { headers }),
        await way.sendEvent(event, { headers }),
        await way.send('{}', { headers }),
      )
    }
  return found
}

export const endpoints: Check<Server>[] = section(1, [
  {
    id: 'endpoints.unknown-path',
    title: 'Any other path is 404, in JSON with error and code',
    cause: 'The framework’s own page for paths it does not know.',
    async run(server) {
      expectRefusal(
        await server.ask('/api/no-such-path'),
        404,
        'NOT_FOUND',
        'GET of an unknown path',
      )
      for (const path of ODD_PATHS)
        expectRefusal(await server.post(path, '{}'), 404, 'NOT_FOUND', `POST to ${path}`)
      for (const path of [HEALTH + '/x', HEALTH + 'x', '/api', '/api/'])
        expectRefusal(await server.ask(path), 404, 'NOT_FOUND', `GET of ${path}`)
      for (const method of ['PUT', 'DELETE'])
        expectRefusal(
          await server.ask('/api/no-such-path', { method }),
          404,
          'NOT_FOUND',
          `${method} of an unknown path`,
        )
    },
  },
  {
    id: 'endpoints.method',
    title: 'Any other method is 405 with Allow, in JSON',
    cause: 'A route that is bound to POST alone, and the framework’s 404 for the rest.',
    async run(server) {
      for (const path of server.posts)
        for (const method of OTHER_METHODS) {
          const answer = await server.ask(path, { method, headers: { Origin: server.origin } })
          expectRefusal(answer, 405, 'METHOD_NOT_ALLOWED', `${method} ${path}`)
          must(
            listOf(answer.headers.get('allow')).includes('post'),
            `${method} ${path}: Allow should name POST`,
            answer,
          )
        }
      // Its response has no body that could be JSON.
      for (const path of server.posts)
        expectStatus(await server.ask(path, { method: 'HEAD' }), 405, `HEAD ${path}`)
    },
  },
  {
    id: 'endpoints.health-method',
    title: 'A method that health does not have is 405 with Allow',
    cause: 'A route that answers every method.',
    async run(server) {
      const answer = await server.post(HEALTH, '{}')
      expectRefusal(answer, 405, 'METHOD_NOT_ALLOWED', 'POST to health')
      must(listOf(answer.headers.get('allow')).includes('get'), 'Allow should name GET', answer)
    },
  },
  {
    id: 'endpoints.query',
    title: 'A query in the address changes nothing on any path',
    cause: 'The path is compared with its query; real trackers send ?_ts=….',
    async run(server) {
      const health = await server.ask(HEALTH + '?probe=1')
      expectStatus(health, 200, 'health with a query')
      for (const way of signedWays(server))
        expectTakenBy(
          way,
          await way.sendEvent(way.event(), { path: way.path + '?_ts=1&x=%20' }),
          'a signed event with a query in the address',
        )
      expectStatus(
        await server.preflight(CALL_EVENT_V1 + '?_ts=1', server.origin),
        204,
        'a preflight with a query',
      )
    },
  },
  {
    id: 'endpoints.request-id',
    title: 'Every answer carries X-Request-Id, and a refusal’s body repeats it',
    cause: 'The id is set where requests succeed, and not by what refuses them.',
    async run(server) {
      const answers = await answersOfAllKinds(server)
      for (const answer of answers) {
        const { method, url } = answer.request
        const id = answer.headers.get(requestId)
        must(id, `${method} ${url} (${answer.status}): no X-Request-Id`, answer)
        if (answer.text && answer.request.method === 'POST')
          must(
            answer.json['request_id'] === id,
            `${method} ${url} (${answer.status}): request_id in the body is ${String(answer.json['request_id'])}, in the header ${id}`,
            answer,
          )
      }
      const ids = answers.map(({ headers }) => headers.get(requestId))
      must(new Set(ids).size === ids.length, 'two requests got the same X-Request-Id', answers[0]!)
    },
  },
  {
    id: 'endpoints.request-id-kept',
    title: 'A well-formed incoming X-Request-Id is kept',
    cause:
      'The server always makes its own, and a request can no longer be followed through a gateway.',
    async run(server) {
      const id = crypto.randomUUID()
      for (const answer of await answersOfAllKinds(server, { 'X-Request-Id': id })) {
        const { method, url } = answer.request
        must(
          answer.headers.get(requestId) === id,
          `${method} ${new URL(url).pathname} (${answer.status}): sent X-Request-Id ${id}, got ${answer.headers.get(requestId) ?? 'none'}`,
          answer,
        )
      }
      for (const other of [
        '01JD8Z6V7K3M9Q2X5R4T8W1Y0B',
        'a1b2c3d4e5f60718',
        'req-42',
        'x',
        'a_B.1:c=d+e/f-g',
        'x'.repeat(127) + 'y',
      ])
        must(
          (await server.ask(HEALTH, { headers: { 'X-Request-Id': other } })).headers.get(
            requestId,
          ) === other,
          `X-Request-Id ${other} was not kept`,
        )
    },
  },
  {
    id: 'endpoints.request-id-malformed',
    level: 'SHOULD',
    title: 'An X-Request-Id that is not well-formed is replaced',
    cause: 'The header is repeated unread, and log lines hold what a stranger wrote.',
    async run(server) {
      for (const id of ['<script>alert(1)</script>', 'x'.repeat(2_000), 'a b\tc"d']) {
        const answer = await server.ask(HEALTH, { headers: { 'X-Request-Id': id } })
        const given = answer.headers.get(requestId)
        must(given && given !== id, `${id.slice(0, 40)} came back`, answer)
      }
    },
  },
  {
    id: 'endpoints.json',
    title: 'Every answer but 204 is JSON, errors included',
    cause: 'Errors made by the framework or by a gateway, which are HTML or plain text.',
    async run(server) {
      for (const answer of [
        await server.ask('/no/such/path'),
        await server.ask(CALL_EVENT_V1, { method: 'PATCH' }),
        ...(await answersOfAllKinds(server)),
      ])
        if (answer.status !== 204) expectJson(answer)
    },
  },
  {
    id: 'endpoints.openapi',
    title: 'GET /openapi.json is an OpenAPI 3.1 document of the endpoints',
    cause: 'The document is not published, or is of another version.',
    async run(server) {
      const answer = await server.ask(OPENAPI)
      expectStatus(answer, 200, 'GET /openapi.json')
      must(String(answer.json['openapi']).startsWith('3.1'), 'openapi is not 3.1', answer)
      const paths = Object.keys((answer.json['paths'] ?? {}) as object)
      for (const path of server.posts) must(paths.includes(path), `${path} is not in paths`, answer)
    },
  },
  {
    id: 'endpoints.docs',
    title: 'GET /docs shows the contract to people',
    cause: 'The page is not published.',
    async run(server) {
      const answer = await server.ask('/docs')
      expectStatus(answer, 200, 'GET /docs')
      must(/html/.test(answer.headers.get('content-type') ?? ''), 'it is no page', answer)
    },
  },
])
