import { ORIGIN, SITE } from '../../../server-reference/src/testing/sign.js'
import {
  changed,
  ENDPOINTS,
  fault,
  isAt,
  isPost,
  isPreflight,
  outgoing,
  without,
  type Change,
  type PlantedFault,
} from './plant.js'

const CORS_OFF = { 'access-control-allow-origin': null, 'access-control-expose-headers': null }
const HTML: Change = { headers: { 'content-type': 'text/html' }, body: '<h1>Sorry</h1>' }

/** Statuses that each endpoint has for an allowed origin. */
const STATUSES = [200, 400, 401, 405, 413, 415]

const READABLE = (status: number): string =>
  status === 200 ? 'origin.success-readable' : 'origin.errors-readable'

/** Faults in which one kind of response lacks something, on one endpoint. */
const LACKS: [name: string, change: Change, found: (status: number) => string][] = [
  ['lacks CORS headers', { headers: CORS_OFF }, READABLE],
  ['lacks Vary', { headers: { vary: null } }, () => 'origin.vary'],
  ['lacks X-Request-Id', { headers: { 'x-request-id': null } }, () => 'endpoints.request-id'],
  [
    'exposes no header',
    { headers: { 'access-control-expose-headers': null } },
    () => 'origin.exposed',
  ],
  ['is HTML', HTML, () => 'endpoints.json'],
  [
    'allows credentials',
    { headers: { 'access-control-allow-credentials': 'true' } },
    () => 'origin.no-credentials',
  ],
  [
    'has the origin twice',
    { headers: { 'access-control-allow-origin': `${ORIGIN}, *` } },
    () => 'origin.once',
  ],
  ['holds the secret', { headers: { 'x-debug': SITE.secret } }, () => 'answer.no-secret'],
]

/** Faults that only matter if a page could have read the response. */
const NEEDS_ORIGIN = new Set(['lacks CORS headers', 'exposes no header', 'has the origin twice'])

const lacking: PlantedFault[] = ENDPOINTS.flatMap((endpoint) =>
  STATUSES.filter((status) => status !== 401 || endpoint.isCall).flatMap((status) =>
    LACKS.map(([name, change, found]) =>
      fault(
        `the ${status} of ${endpoint.name} ${name}`,
        found(status),
        outgoing(
          (request, response) =>
            isAt(request, endpoint) &&
            response.status === status &&
            !isPreflight(request) &&
            (!NEEDS_ORIGIN.has(name) || request.headers.get('origin') === ORIGIN || status === 200),
          change,
        ),
      ),
    ),
  ),
)

/** A status or a code that is another one. */
const SWAPS: [status: number, change: Change, name: string, found: string][] = [
  [405, { status: 404 }, 'is 404', 'endpoints.method'],
  [405, { headers: { allow: null } }, 'lacks Allow', 'endpoints.method'],
  [413, { status: 400 }, 'is 400', 'order.size-exact'],
  [
    413,
    { json: (json) => ({ ...json, code: 'TOO_LARGE' }) },
    'has another code',
    'order.size-exact',
  ],
  [415, { status: 400 }, 'is 400', 'order.other-types'],
  [
    415,
    { json: (json) => ({ ...json, code: 'BAD_TYPE' }) },
    'has another code',
    'order.other-types',
  ],
  [403, { status: 401 }, 'is 401', 'origin.denied'],
  [403, without('origin'), 'does not name the origin', 'origin.denied'],
  [
    403,
    { headers: { 'access-control-allow-origin': ORIGIN } },
    'has CORS headers',
    'origin.denied',
  ],
  [400, { json: (json) => ({ ...json, code: 'BAD_REQUEST' }) }, 'has another code', 'body.json'],
  [400, { status: 422 }, 'is 422', 'body.json'],
  [400, { status: 500 }, 'is 500', 'body.json'],
  [400, without('error'), 'has no sentence', 'body.json'],
]

const swapped: PlantedFault[] = ENDPOINTS.flatMap((endpoint) =>
  SWAPS.map(([status, change, name, found]) =>
    fault(
      `the ${status} of ${endpoint.name} ${name}`,
      found,
      outgoing(
        (request, response) =>
          isAt(request, endpoint) && response.status === status && !isPreflight(request),
        change,
      ),
    ),
  ),
)

const UNSIGNED: [change: Change, name: string, found: string][] = [
  [{ status: 403 }, 'is 403', 'signature.wrong'],
  [{ json: (json) => ({ ...json, code: 'UNAUTHORIZED' }) }, 'has another code', 'signature.wrong'],
  [without('server_ts'), 'lacks server_ts', 'signature.server-ts'],
  [
    { json: (json) => ({ ...json, server_ts: Date.now() }) },
    'has server_ts in milliseconds',
    'signature.server-ts',
  ],
  [
    { json: (json) => ({ ...json, server_ts: String(json['server_ts']) }) },
    'has server_ts as text',
    'signature.server-ts',
  ],
  [
    { json: (json) => ({ ...json, server_ts: 1_700_000_000 }) },
    'has the server_ts of its build',
    'signature.server-ts',
  ],
]

const unsigned: PlantedFault[] = ENDPOINTS.flatMap((endpoint) =>
  UNSIGNED.map(([change, name, found]) =>
    fault(
      `the 401 of ${endpoint.name} ${name}`,
      found,
      outgoing((request, response) => isAt(request, endpoint) && response.status === 401, change),
    ),
  ),
)

const PREFLIGHT: [change: Change, name: string, found: string, status: number][] = [
  [{ status: 200 }, 'is 200', 'origin.preflight', 204],
  [{ status: 401, body: '{}' }, 'is 401', 'origin.preflight', 204],
  [{ headers: { 'access-control-allow-origin': '*' } }, 'is a wildcard', 'origin.preflight', 204],
  [
    { headers: { 'access-control-allow-methods': 'POST' } },
    'lacks OPTIONS',
    'origin.preflight',
    204,
  ],
  [
    { headers: { 'access-control-allow-methods': 'GET, POST, OPTIONS' } },
    'allows GET',
    'origin.preflight-exact',
    204,
  ],
  [
    { headers: { 'access-control-allow-headers': 'Content-Type, X-Ops-Site-Id, X-Ops-Ts' } },
    'lacks X-Ops-Signature',
    'origin.preflight',
    204,
  ],
  [
    { headers: { 'access-control-allow-headers': '*' } },
    'allows every header',
    'origin.preflight',
    204,
  ],
  [{ headers: { 'access-control-max-age': null } }, 'lacks Max-Age', 'origin.preflight', 204],
  [
    { headers: { 'access-control-max-age': '600' } },
    'has another Max-Age',
    'origin.preflight',
    204,
  ],
  [{ headers: { vary: null } }, 'lacks Vary', 'origin.vary', 204],
  [
    { headers: { 'access-control-allow-credentials': 'true' } },
    'allows credentials',
    'origin.no-credentials',
    204,
  ],
  [{ headers: { 'x-request-id': null } }, 'lacks X-Request-Id', 'endpoints.request-id', 204],
  [{ headers: { ratelimit: '"address";r=1;t=1' } }, 'is counted', 'origin.preflight-first', 204],
  [{ status: 204 }, 'is 204 for a denied origin', 'origin.preflight-denied', 403],
  [
    { headers: { 'access-control-allow-origin': ORIGIN } },
    'has CORS headers for a denied origin',
    'origin.preflight-denied',
    403,
  ],
  [{ headers: { vary: null } }, 'lacks Vary for a denied origin', 'origin.vary', 403],
]

const preflights: PlantedFault[] = ENDPOINTS.flatMap((endpoint) =>
  PREFLIGHT.map(([change, name, found, status]) =>
    fault(
      `the preflight of ${endpoint.name} ${name}`,
      found,
      outgoing(
        (request, response) =>
          isAt(request, endpoint) && isPreflight(request) && response.status === status,
        change,
      ),
    ),
  ),
)

const isHealth = (request: Request): boolean =>
  new URL(request.url).pathname === '/api/health' && request.method === 'GET'

const setting = (fields: object): Change => ({ json: (json) => ({ ...json, ...fields }) })

const HEALTH: [name: string, change: Change, found: string][] = [
  ...['ok', 'ts', 'version', 'contract', 'db_ok', 'limiter', 'warnings'].map(
    (field): [string, Change, string] => [`lacks ${field}`, without(field), 'health.shape'],
  ),
  ['says ok false', setting({ ok: false }), 'health.shape'],
  ['has ts as a date', setting({ ts: new Date().toISOString() }), 'health.shape'],
  ['has ts in milliseconds', setting({ ts: Date.now() }), 'health.clock'],
  [
    'has the ts of its start',
    setting({ ts: Math.floor(Date.now() / 1000) - 86_400 }),
    'health.clock',
  ],
  ['names contract 2.0', setting({ contract: '2.0' }), 'health.shape'],
  ['names contract 1.0 as a number', setting({ contract: 1 }), 'health.shape'],
  ['has another limiter', setting({ limiter: 'off' }), 'health.shape'],
  ['has warnings as text', setting({ warnings: 'none' }), 'health.shape'],
  ['has warnings that are sentences', setting({ warnings: ['Redis is away'] }), 'health.warnings'],
  ['shows its origins', setting({ origins: [ORIGIN] }), 'health.discreet'],
  ['shows its database', setting({ db: 'postgres://u@10.0.0.1/x' }), 'health.discreet'],
  ['shows an address', setting({ client: '203.0.113.7' }), 'health.discreet'],
  ['shows a secret', setting({ secret: SITE.secret }), 'health.discreet'],
  ['is HTML', HTML, 'endpoints.json'],
  ['lacks X-Request-Id', { headers: { 'x-request-id': null } }, 'endpoints.request-id'],
]

const health: PlantedFault[] = HEALTH.map(([name, change, found]) =>
  fault(`health ${name}`, found, outgoing(isHealth, change)),
)

/** Fields of the 200 of a call event. */
const CALL_ANSWERS: [name: string, change: Change, found: string][] = [
  ['lacks call_id', without('call_id'), 'answer.unmatched'],
  ['lacks session_id', without('session_id'), 'answer.unmatched'],
  ['lacks request_id', without('request_id'), 'answer.unmatched'],
  ['has another request_id', setting({ request_id: 'another' }), 'answer.unmatched'],
  ['has an empty session_id', setting({ session_id: '' }), 'answer.unmatched'],
  ['says matched for every call', setting({ status: 'matched' }), 'answer.unmatched'],
  ['says ok for a status', setting({ status: 'ok' }), 'signature.good'],
  ['is 201', { status: 201 }, 'signature.good'],
  ['is 202', { status: 202 }, 'signature.good'],
  ['lacks RateLimit', { headers: { ratelimit: null } }, 'limit.headers'],
  ['lacks RateLimit-Policy', { headers: { 'ratelimit-policy': null } }, 'limit.headers'],
  [
    'has X-RateLimit headers only',
    { headers: { ratelimit: '79', 'ratelimit-policy': '80' } },
    'limit.headers',
  ],
]

const callAnswers: PlantedFault[] = ENDPOINTS.filter(({ isCall }) => isCall).flatMap((endpoint) =>
  CALL_ANSWERS.map(([name, change, found]) =>
    fault(`the 200 of ${endpoint.name} ${name}`, found, () => async (request, ask) => {
      const isMeant = isAt(request, endpoint) && isPost(request)
      const response = await ask(request)
      if (!isMeant || response.status !== 200) return response
      const json = (await response.clone().json()) as { status: string }
      return json.status === 'unmatched' ? changed(response, change) : response
    }),
  ),
)

export const RESPONSE_FAULTS: PlantedFault[] = [
  ...lacking,
  ...swapped,
  ...unsigned,
  ...preflights,
  ...health,
  ...callAnswers,
]
