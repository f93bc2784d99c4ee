import { CALL_EVENT_V1, CALL_EVENT_V2, HEALTH, OPENAPI, SYNC } from '@opsmantik/tracker/contract'
import { must, section, type Check } from '../check.js'
import { expectJson, expectRefusal, expectStatus, listOf } from '../expect.js'
import { POSTS, type Server } from './server.js'

const requestId = 'x-request-id'

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
      expectRefusal(
        await server.post('/api/call-event/v3', '{}'),
        404,
        'NOT_FOUND',
        'POST to an unknown path',
      )
    },
  },
  {
    id: 'endpoints.method',
    title: 'Any other method is 405 with Allow, in JSON',
    cause: 'A route that is bound to POST alone, and the framework’s 404 for the rest.',
    async run(server) {
      for (const path of POSTS)
        for (const method of ['GET', 'PUT', 'DELETE']) {
          const answer = await server.ask(path, { method, headers: { Origin: server.origin } })
          expectRefusal(answer, 405, 'METHOD_NOT_ALLOWED', `${method} ${path}`)
          must(
            listOf(answer.headers.get('allow')).includes('post'),
            `${method} ${path}: Allow should name POST`,
            answer,
          )
        }
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
    id: 'endpoints.request-id',
    title: 'Every answer carries X-Request-Id, and a refusal’s body repeats it',
    cause: 'The id is set where requests succeed, and not by what refuses them.',
    async run(server) {
      const answers = [
        await server.ask(HEALTH),
        await server.ask('/api/no-such-path'),
        await server.ask(SYNC),
        await server.preflight(CALL_EVENT_V1, server.origin),
        await server.preflight(CALL_EVENT_V1, 'https://conformance.invalid'),
        await server.post(CALL_EVENT_V1, '{}'),
        await server.post(CALL_EVENT_V2, 'x'.repeat(65_537)),
        await server.post(SYNC, 'nonsense'),
      ]
      for (const answer of answers) {
        const { method, url } = answer.request
        const id = answer.headers.get(requestId)
        must(id, `${method} ${url} (${answer.status}): no X-Request-Id`, answer)
        if (answer.status >= 400 && answer.text)
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
      for (const answer of [
        await server.ask(HEALTH, { headers: { 'X-Request-Id': id } }),
        await server.post(CALL_EVENT_V1, '{}', { 'X-Request-Id': id }),
      ])
        must(
          answer.headers.get(requestId) === id,
          `sent ${id}, got ${answer.headers.get(requestId) ?? 'none'}`,
          answer,
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
        await server.ask(HEALTH),
        await server.ask('/no/such/path'),
        await server.ask(CALL_EVENT_V1, { method: 'PATCH' }),
        await server.post(CALL_EVENT_V1, '<xml/>', { 'Content-Type': 'application/xml' }),
        await server.post(SYNC, '['),
      ])
        expectJson(answer)
    },
  },
  {
    id: 'endpoints.openapi',
    level: 'SHOULD',
    title: 'GET /openapi.json is an OpenAPI 3.1 document of the endpoints',
    cause: 'The document is not published, or is of another version.',
    async run(server) {
      const answer = await server.ask(OPENAPI)
      expectStatus(answer, 200, 'GET /openapi.json')
      must(String(answer.json['openapi']).startsWith('3.1'), 'openapi is not 3.1', answer)
      const paths = Object.keys((answer.json['paths'] ?? {}) as object)
      for (const path of POSTS) must(paths.includes(path), `${path} is not in paths`, answer)
    },
  },
  {
    id: 'endpoints.docs',
    level: 'SHOULD',
    title: 'GET /docs shows the contract to people',
    cause: 'The page is not published.',
    async run(server) {
      const answer = await server.ask('/docs')
      expectStatus(answer, 200, 'GET /docs')
      must(/html/.test(answer.headers.get('content-type') ?? ''), 'it is no page', answer)
    },
  },
])
