import { ORIGIN } from '../../../server-reference/src/testing/sign.js'
import {
  ENDPOINTS,
  fault,
  incoming,
  isPost,
  isPreflight,
  outgoing,
  read,
  type Change,
  type PlantedFault,
} from './plant.js'

/** Describes a server that satisfies the whole contract in another way, which only a careless check would fail. */
const legal = (
  name: string,
  isMeant: Parameters<typeof outgoing>[0],
  change: Change,
): PlantedFault => fault(name, '', outgoing(isMeant, change))

const always = (): boolean => true
const isRefusal = (_: Request, { status }: Response): boolean => status >= 400
const isCallAnswer = (request: Request, { status }: Response): boolean =>
  status === 200 && isPost(request) && request.url.includes('call-event')
const isHealth = (request: Request, { status }: Response): boolean =>
  status === 200 && request.url.endsWith('/api/health')
const isLimit = (_: Request, { status }: Response): boolean => status === 429
const isUnsigned = (_: Request, { status }: Response): boolean => status === 401
const isInvalid = (_: Request, { status }: Response): boolean => status === 400
const onPreflight = (request: Request): boolean => isPreflight(request)

/** Writes every `path` of `issues` in another way. */
const paths = (write: (path: string) => unknown): Change => ({
  json: (json) => ({
    ...json,
    ...(Array.isArray(json['issues']) && {
      issues: json['issues'].map((issue: { path: string }) => ({
        ...issue,
        path: write(issue.path),
      })),
    }),
  }),
})

/** Numbers that name calls instead of UUIDs, the same for the same. */
const numbers = new Map<unknown, number>()
const numberOf = (id: unknown): number => {
  if (!numbers.has(id)) numbers.set(id, numbers.size + 1)
  return numbers.get(id)!
}

export const LEGAL: PlantedFault[] = [
  legal('JSON with a charset', (_, x) => x.headers.get('content-type') === 'application/json', {
    headers: { 'content-type': 'application/json; charset=utf-8' },
  }),
  legal('problem+json for refusals', isRefusal, {
    headers: { 'content-type': 'application/problem+json' },
  }),
  legal('more fields in a refusal', isRefusal, {
    json: (json) => ({ ...json, docs: 'https://docs.example', status: 'refused' }),
  }),
  legal('sentences of its own', isRefusal, {
    json: (json) => ({
      ...json,
      error: `Refused: ${String(json['error'])}, see the documentation`,
    }),
  }),
  legal('more fields in the answer to a call', isCallAnswer, {
    json: (json) => ({ ...json, recorded_at: '2026-01-01T00:00:00Z', site: 'x' }),
  }),
  legal('call_id as a number', isCallAnswer, {
    json: (json) => (json['call_id'] ? { ...json, call_id: numberOf(json['call_id']) } : json),
  }),
  legal('call_id as a short text', isCallAnswer, {
    json: (json) =>
      json['call_id'] ? { ...json, call_id: `call_${numberOf(json['call_id'])}` } : json,
  }),
  legal('noop without call_id', isCallAnswer, {
    json: ({ call_id, ...json }) => (json['status'] === 'noop' ? json : { ...json, call_id }),
  }),
  legal('noop with session_id', isCallAnswer, {
    json: (json) => (json['status'] === 'noop' ? { ...json, session_id: null } : json),
  }),
  legal('more fields in health', isHealth, {
    json: (json) => ({ ...json, uptime: 5, region: 'eu', checks: [] }),
  }),
  legal('a version of four parts', isHealth, {
    json: (json) => ({ ...json, version: '2.10.0.7' }),
  }),
  legal('a version of another kind', isHealth, {
    json: (json) => ({ ...json, version: 'main-3f2a' }),
  }),
  legal('a later minor version of the contract', isHealth, {
    json: (json) => ({ ...json, contract: '1.4' }),
  }),
  legal('a limiter in Redis', isHealth, { json: (json) => ({ ...json, limiter: 'redis' }) }),
  legal('a warning in health', isHealth, {
    json: (json) => ({
      ...json,
      warnings: [{ code: 'DISK_LOW', message: 'The disk is nearly full' }],
    }),
  }),
  legal('signing_disabled false in health', isHealth, {
    json: (json) => ({ ...json, signing_disabled: false }),
  }),
  legal('health that may be cached', isHealth, { headers: { 'cache-control': null } }),
  legal('fractions of a second in health', isHealth, {
    json: (json) => ({ ...json, ts: Number(json['ts']) + 0.25 }),
  }),
  legal('Vary with other names', always, { headers: { vary: 'Accept-Encoding, Origin' } }),
  legal('Vary in lower case', always, { headers: { vary: 'origin' } }),
  legal('Vary with the names of a preflight', onPreflight, {
    headers: { vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers' },
  }),
  legal('methods in another order', (request, x) => onPreflight(request) && x.status === 204, {
    headers: { 'access-control-allow-methods': 'OPTIONS,POST' },
  }),
  legal(
    'allowed headers in another case and order',
    (request, x) => onPreflight(request) && x.status === 204,
    {
      headers: {
        'access-control-allow-headers': 'x-ops-ts,x-ops-signature,content-type,x-ops-site-id',
      },
    },
  ),
  legal('exposed headers in lower case', (_, x) => x.headers.has('access-control-expose-headers'), {
    headers: {
      'access-control-expose-headers': 'x-request-id,ratelimit-policy,ratelimit,retry-after',
    },
  }),
  legal('more exposed headers', (_, x) => x.headers.has('access-control-expose-headers'), {
    headers: {
      'access-control-expose-headers':
        'Retry-After, RateLimit, RateLimit-Policy, X-Request-Id, Server-Timing',
    },
  }),
  legal('no WWW-Authenticate', isUnsigned, { headers: { 'www-authenticate': null } }),
  legal(
    'a body with a refused preflight',
    (request, x) => onPreflight(request) && x.status === 403,
    { json: (json) => ({ ...json, more: 1 }) },
  ),
  legal('security headers', always, {
    headers: {
      'strict-transport-security': 'max-age=1',
      'x-content-type-options': 'nosniff',
      server: 'other/1.2.3',
    },
  }),
  legal(
    'paths of issues as JSON pointers',
    isInvalid,
    paths((path) => '/' + path.replaceAll('.', '/')),
  ),
  legal(
    'paths of issues with a root',
    isInvalid,
    paths((path) => '$.' + path),
  ),
  legal(
    'paths of issues as lists',
    isInvalid,
    paths((path) => path.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part))),
  ),
  legal(
    'paths of issues with brackets',
    isInvalid,
    paths((path) => path.replaceAll(/\.(\d+)/g, '[$1]')),
  ),
  legal('more fields in an issue', isInvalid, {
    json: (json) => ({
      ...json,
      ...(Array.isArray(json['issues']) && {
        issues: json['issues'].map((issue: object) => ({ ...issue, code: 'x' })),
      }),
    }),
  }),
  legal('RateLimit with more parameters', (_, x) => x.headers.has('ratelimit-policy'), {
    headers: {
      'ratelimit-policy': '"address";q=6000;w=60;qu="requests", "v1";q=80;w=60;pk=:cHJpdmF0ZQ==:',
    },
  }),
  legal('RateLimit with spaces after semicolons', (_, x) => x.headers.has('ratelimit-policy'), {
    headers: { 'ratelimit-policy': '"address"; q=6000; w=60' },
  }),
  legal('one bucket in RateLimit-Policy', (_, x) => x.headers.has('ratelimit-policy'), {
    headers: { 'ratelimit-policy': '"default";q=6000;w=60' },
  }),
  legal(
    'Allow with more methods',
    (_, x) => x.status === 405 && (x.headers.get('allow') ?? '').includes('POST'),
    { headers: { allow: 'OPTIONS, POST' } },
  ),
  fault('Retry-After as a date', '', () => async (request, ask) => {
    const response = await ask(request)
    if (response.status !== 429) return response
    const headers = new Headers(response.headers)
    const seconds = Number(headers.get('retry-after'))
    const now = Math.floor(Date.now() / 1000) * 1000
    headers.set('date', new Date(now).toUTCString())
    headers.set('retry-after', new Date(now + seconds * 1000).toUTCString())
    return new Response(response.body, { status: 429, headers })
  }),
  legal('more fields in a 429', isLimit, { json: (json) => ({ ...json, limit: 'coarse' }) }),
  fault(
    'a proxy’s sync without a good signature refused for its origin',
    '',
    () => async (request, ask) => {
      const isSync =
        isPost(request) && request.url.includes('/api/sync') && !request.headers.has('origin')
      const origin = request.headers.get('origin')
      const response = await ask(request)
      if (!isSync || response.status !== 401 || origin !== null) return response
      // The signature held, and it is not the origin's matter.
      if ((await response.clone().json()).code === 'SITE_MISMATCH') return response
      const headers = new Headers(response.headers)
      const id = headers.get('x-request-id')
      return new Response(
        JSON.stringify({
          error: 'Origin header required',
          code: 'ORIGIN_REQUIRED',
          request_id: id,
        }),
        { status: 403, headers },
      )
    },
  ),
  fault(
    'a key twice refused as no JSON',
    '',
    incoming(ENDPOINTS[0], (found) =>
      found.isSigned && (found.text.match(/"intent_target":/g)?.length ?? 0) > 1
        ? found.signed({ body: '{' })
        : undefined,
    ),
  ),
  fault('an empty batch accepted', '', () => async (request, ask) => {
    if (!isPost(request) || !request.url.includes('/api/sync')) return ask(request)
    const found = await read(request)
    const response = await ask(found.with({}))
    if (found.text !== '{"events":[]}' || request.headers.get('origin') !== ORIGIN) return response
    return new Response(
      JSON.stringify({
        ok: true,
        status: 'synced',
        accepted: 0,
        request_id: response.headers.get('x-request-id'),
      }),
      { status: 200, headers: response.headers },
    )
  }),
  fault(
    'meta of any kind accepted',
    '',
    incoming(ENDPOINTS[2], (found) =>
      found.json &&
      'meta' in found.json &&
      (found.json['meta'] === null ||
        typeof found.json['meta'] !== 'object' ||
        Array.isArray(found.json['meta']))
        ? found.with({ body: JSON.stringify({ ...found.json, meta: {} }) })
        : undefined,
    ),
  ),
]
