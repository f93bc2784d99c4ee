import { CALL_EVENT_V1, CALL_EVENT_V2, SYNC } from '../../src/contract/index.js'
import {
  callEventSteps,
  createApp,
  createMemoryLimiter,
  ingestRoute,
  OriginPolicy,
  type Route,
  type Step,
  type World,
} from '../../server-reference/src/index.js'
import { createWorld, limits } from '../../server-reference/src/testing/world.js'
import { ORIGIN, OTHER_SITE, SITE } from '../../server-reference/src/testing/sign.js'
import { appOf, type Ask } from './reference.js'

/** A server with one fault, and the check that has to find it. */
export interface BrokenServer {
  name: string
  found: string
  make: () => Ask
}

const CALLS = [CALL_EVENT_V1, CALL_EVENT_V2]
const isPost = (request: Request): boolean => request.method === 'POST'
const isPreflight = (request: Request): boolean => request.method === 'OPTIONS'

/** Returns the correct response, with its headers, status or body changed. */
const changed = (
  response: Response,
  change: { status?: number; body?: string; headers?: Record<string, string | null> },
): Response => {
  const headers = new Headers(response.headers)
  for (const [name, value] of Object.entries(change.headers ?? {}))
    if (value === null) headers.delete(name)
    else headers.set(name, value)
  const status = change.status ?? response.status
  const isEmpty = status === 204 || status === 304
  return new Response(isEmpty ? null : (change.body ?? response.body), { status, headers })
}

/** Wraps the reference server so that requests or responses are changed. */
const around =
  (
    what: (request: Request, ask: Ask) => Response | Promise<Response>,
    world: Partial<World> = {},
  ): (() => Ask) =>
  () => {
    const app = appOf(world)
    return (request) => what(request, app)
  }

const outgoing = (
  when: (request: Request, response: Response) => boolean,
  change: (response: Response, request: Request) => Parameters<typeof changed>[1],
): (() => Ask) =>
  around(async (request, ask) => {
    const response = await ask(request)
    return when(request, response) ? changed(response, change(response, request)) : response
  })

/** Returns the same request with another body. */
const withBody = async (request: Request, change: (text: string) => string): Promise<Request> =>
  new Request(request.url, {
    method: request.method,
    headers: request.headers,
    body: change(await request.text()),
  })

/**
 * Returns the request's text, and a function that recreates the request: a clone whose other half is never read would
 * wait for ever.
 */
const read = async (request: Request): Promise<[text: string, again: () => Request]> => {
  if (!isPost(request)) return ['', () => request]
  const { url, method, headers } = request
  const bytes = await request.arrayBuffer()
  return [new TextDecoder().decode(bytes), () => new Request(url, { method, headers, body: bytes })]
}

/** Returns the reference server with changed steps, on every endpoint for calls. */
export const withSteps =
  (change: (steps: Step[], world: World) => Step[], changes: Partial<World> = {}) =>
  (): Ask => {
    const world = createWorld(changes)
    const route = (endpoint: 'v1' | 'v2', path: string): Route =>
      ingestRoute(world, path, change(callEventSteps(world, endpoint, path), world))
    const app = createApp(world, [route('v1', CALL_EVENT_V1), route('v2', CALL_EVENT_V2)])
    return (request) => app.fetch(request)
  }

const originsWhere = (isAllowed: (origin: string) => boolean): OriginPolicy => {
  const policy = new OriginPolicy([{ origin: ORIGIN, until: null }])
  policy.allows = isAllowed
  return policy
}

const server = (name: string, found: string, make: () => Ask): BrokenServer => ({
  name,
  found,
  make,
})

const HOST = new URL(ORIGIN).hostname
const CORS_ON_SUCCESS = ['access-control-allow-origin', 'access-control-expose-headers']
const noCors = Object.fromEntries(CORS_ON_SUCCESS.map((name) => [name, null]))

export const BROKEN: BrokenServer[] = [
  // Section 1
  server(
    'an HTML page for unknown paths',
    'endpoints.unknown-path',
    outgoing(
      (_, { status }) => status === 404,
      () => ({ body: '<h1>Not found</h1>', headers: { 'content-type': 'text/html' } }),
    ),
  ),
  server(
    '404 for a wrong method',
    'endpoints.method',
    outgoing(
      (_, { status }) => status === 405,
      () => ({ status: 404 }),
    ),
  ),
  server(
    'no Allow on 405',
    'endpoints.method',
    outgoing(
      (_, { status }) => status === 405,
      () => ({ headers: { allow: null } }),
    ),
  ),
  server(
    'no request id on preflights',
    'endpoints.request-id',
    outgoing(isPreflight, () => ({ headers: { 'x-request-id': null } })),
  ),
  server(
    'a request id of its own, always',
    'endpoints.request-id-kept',
    around((request, ask) => {
      const headers = new Headers(request.headers)
      headers.delete('x-request-id')
      return ask(new Request(request, { headers }))
    }),
  ),
  // Section 2
  server(
    'CORS headers missing on 401',
    'origin.errors-readable',
    outgoing(
      (_, { status }) => status === 401,
      () => ({ headers: noCors }),
    ),
  ),
  server(
    'CORS headers missing on 429',
    'limit.v1',
    outgoing(
      (_, { status }) => status === 429,
      () => ({ headers: noCors }),
    ),
  ),
  server(
    'CORS headers missing on 404',
    'origin.not-found-readable',
    outgoing(
      (_, { status }) => status === 404,
      () => ({ headers: noCors }),
    ),
  ),
  server(
    'CORS headers on the preflight only',
    'origin.success-readable',
    outgoing(
      (request, { status }) => isPost(request) && status === 200,
      () => ({ headers: noCors }),
    ),
  ),
  server(
    'preflight behind authentication',
    'origin.preflight',
    outgoing(
      (request, { status }) => isPreflight(request) && status === 204,
      () => ({ status: 401, body: '{}' }),
    ),
  ),
  server(
    'preflight answered with 200',
    'origin.preflight',
    outgoing(
      (request, { status }) => isPreflight(request) && status === 204,
      () => ({ status: 200, body: '' }),
    ),
  ),
  server(
    'X-Ops-Ts missing among the allowed headers',
    'origin.preflight',
    outgoing(isPreflight, () => ({
      headers: { 'access-control-allow-headers': 'Content-Type, X-Ops-Site-Id, X-Ops-Signature' },
    })),
  ),
  server(
    'preflights that count against a limit',
    'origin.preflight-first',
    outgoing(isPreflight, () => ({
      headers: { ratelimit: '"coarse";r=1;t=1', 'ratelimit-policy': '"coarse";q=300;w=60' },
    })),
  ),
  server(
    'a denied preflight that is answered 204 without headers',
    'origin.preflight-denied',
    outgoing(
      (request, { status }) => isPreflight(request) && status === 403,
      () => ({ status: 204 }),
    ),
  ),
  server(
    'a denied preflight with CORS headers',
    'origin.preflight-denied',
    outgoing(
      (request, { status }) => isPreflight(request) && status === 403,
      () => ({ headers: { 'access-control-allow-origin': ORIGIN } }),
    ),
  ),
  server(
    'origins that end in the allowed host',
    'origin.exact',
    around((request, ask) => ask(request), {
      origins: originsWhere((origin) => origin.endsWith(HOST)),
    }),
  ),
  server(
    'origins that begin with the allowed one',
    'origin.exact',
    around((request, ask) => ask(request), {
      origins: originsWhere((origin) => origin.startsWith(ORIGIN)),
    }),
  ),
  server(
    'origins whose scheme is not looked at',
    'origin.exact',
    around((request, ask) => ask(request), {
      origins: originsWhere((origin) => origin.replace(/^http:/, 'https:') === ORIGIN),
    }),
  ),
  server(
    'origins whose port is not looked at',
    'origin.exact',
    around((request, ask) => ask(request), {
      origins: originsWhere((origin) => origin.replace(/:\d+$/, '') === ORIGIN),
    }),
  ),
  server(
    'every origin',
    'origin.denied',
    around((request, ask) => ask(request), { origins: originsWhere(() => true) }),
  ),
  server(
    'the origin null',
    'origin.null',
    around((request, ask) => ask(request), {
      origins: originsWhere((origin) => origin === ORIGIN || origin === 'null'),
    }),
  ),
  server(
    'no Vary where the origin is denied',
    'origin.vary',
    outgoing(
      (_, { status }) => status === 403,
      () => ({ headers: { vary: null } }),
    ),
  ),
  server(
    'credentials allowed',
    'origin.no-credentials',
    outgoing(isPreflight, () => ({ headers: { 'access-control-allow-credentials': 'true' } })),
  ),
  server(
    'a gateway that adds a second Access-Control-Allow-Origin',
    'origin.once',
    outgoing(isPost, (response) => ({
      headers: {
        'access-control-allow-origin': `${response.headers.get('access-control-allow-origin')}, *`,
      },
    })),
  ),
  server(
    'Retry-After that a page cannot read',
    'origin.exposed',
    outgoing(isPost, () => ({ headers: { 'access-control-expose-headers': 'X-Request-Id' } })),
  ),
  server(
    'the origin left out of the refusal',
    'origin.denied',
    outgoing(
      (_, { status }) => status === 403,
      () => ({
        body: JSON.stringify({ error: 'Forbidden', code: 'ORIGIN_NOT_ALLOWED', request_id: 'x' }),
      }),
    ),
  ),
  server(
    'a missing Origin that counts as allowed',
    'origin.required',
    around((request, ask) => {
      if (!isPost(request) || request.headers.has('origin')) return ask(request)
      const headers = new Headers(request.headers)
      headers.set('origin', ORIGIN)
      return ask(new Request(request, { headers }))
    }),
  ),
  server(
    'V2 that wants an Origin',
    'origin.v2-without',
    around(async (request, ask) =>
      request.url.endsWith('/v2') && isPost(request) && !request.headers.has('origin')
        ? Response.json(
            { error: 'Origin header required', code: 'ORIGIN_REQUIRED' },
            { status: 403 },
          )
        : ask(request),
    ),
  ),
  // Section 3
  server(
    'a body that is parsed and serialised again before it is verified',
    'signature.body-bytes',
    around(async (request, ask) =>
      isPost(request)
        ? ask(
            await withBody(request, (text) => {
              try {
                return JSON.stringify(JSON.parse(text))
              } catch {
                return text
              }
            }),
          )
        : ask(request),
    ),
  ),
  server(
    'a body that is trimmed',
    'signature.body-bytes',
    around(async (request, ask) =>
      isPost(request) ? ask(await withBody(request, (text) => text.trim())) : ask(request),
    ),
  ),
  server('no window for the future', 'signature.window-future', () => {
    // A clock that runs ahead by 4 minutes and a window that is smaller by as much in the past.
    const ahead = appOf({ now: () => Date.now() + 240_000 })
    const right = appOf()
    return async (request) => {
      const ts = Number(request.headers.get('x-ops-ts'))
      return ts > Date.now() / 1000 + 5 ? ahead(request) : right(request)
    }
  }),
  server('a window of an hour', 'signature.window-past', () => {
    const late = appOf({ now: () => Date.now() - 3_500_000 })
    const right = appOf()
    return async (request) => {
      const ts = Number(request.headers.get('x-ops-ts'))
      return ts > 0 && ts < Date.now() / 1000 - 300 ? late(request) : right(request)
    }
  }),
  server(
    'server_ts in milliseconds',
    'signature.server-ts',
    outgoing(
      (_, { status }) => status === 401,
      () => ({
        body: JSON.stringify({
          error: 'Unauthorized',
          code: 'SIGNATURE_REQUIRED',
          server_ts: Date.now(),
        }),
      }),
    ),
  ),
  server(
    'another code for a site that does not exist',
    'signature.unknown-site',
    around(async (request, ask) => {
      const site = request.headers.get('x-ops-site-id') ?? SITE.id
      const known = [SITE, OTHER_SITE].some(({ id, publicId }) =>
        [id, publicId].includes(site.toLowerCase()),
      )
      const response = await ask(request)
      return !known && response.status === 401
        ? Response.json(
            { error: 'No such site', code: 'UNKNOWN_SITE', server_ts: 1 },
            { status: 401 },
          )
        : response
    }),
  ),
  server(
    'a signature of upper-case digits refused',
    'signature.upper-case',
    around((request, ask) =>
      /[A-F]/.test(request.headers.get('x-ops-signature') ?? '')
        ? Response.json({ error: 'Unauthorized', code: 'SIGNATURE_INVALID' }, { status: 401 })
        : ask(request),
    ),
  ),
  server(
    'headers that arrive twice, of which the first is taken',
    'signature.doubled',
    around((request, ask) => {
      const headers = new Headers(request.headers)
      for (const name of ['x-ops-site-id', 'x-ops-ts', 'x-ops-signature'])
        if (headers.has(name)) headers.set(name, headers.get(name)!.split(',')[0]!)
      return ask(new Request(request, { headers }))
    }),
  ),
  server('signatures that nobody verifies', 'signature.wrong', () =>
    appOf({ signingDisabled: true }),
  ),
  server(
    'a timestamp that is parsed with Number',
    'signature.malformed',
    around((request, ask) => {
      const ts = Number.parseFloat(request.headers.get('x-ops-ts') ?? 'x')
      if (Number.isNaN(ts)) return ask(request)
      const headers = new Headers(request.headers)
      headers.set('x-ops-ts', String(Math.floor(Math.abs(ts))).padStart(10, '0'))
      return ask(new Request(request, { headers }))
    }),
  ),
  server(
    'a database that judges the edge of the window by a clock of its own',
    'signature.window-exact',
    around(async (request, ask) => {
      const response = await ask(request)
      const age = Math.floor(Date.now() / 1000) - Number(request.headers.get('x-ops-ts'))
      if (response.status !== 401 || age < 300 || age > 302) return response
      const json = (await response.clone().json()) as { code?: string }
      return json.code === 'SIGNATURE_TIMESTAMP_INVALID'
        ? changed(response, { body: JSON.stringify({ ...json, code: 'SIGNATURE_INVALID' }) })
        : response
    }),
  ),
  server('a window of 305 s', 'signature.window-exact', () => {
    const late = appOf({ now: () => Date.now() - 5_000 })
    const right = appOf()
    return async (request) => {
      const age = Date.now() / 1000 - Number(request.headers.get('x-ops-ts'))
      return age > 300 && age < 306 ? late(request) : right(request)
    }
  }),
  // Section 5
  server(
    'a size that is believed as declared',
    'order.size-counted',
    around(async (request, ask) => {
      if (!isPost(request) || request.headers.has('content-length')) return ask(request)
      const text = await request.text()
      return ask(
        new Request(request.url, {
          method: 'POST',
          headers: request.headers,
          body: text.slice(0, 65_536),
        }),
      )
    }),
  ),
  server(
    'a limit of 64,000 bytes',
    'order.size-exact',
    around(async (request, ask) => {
      const [text, again] = await read(request)
      return text.length > 64_000 && request.headers.get('origin') === ORIGIN
        ? ask(await withBody(again(), (body) => body + ' '.repeat(2_000)))
        : ask(again())
    }),
  ),
  server(
    'text/plain refused',
    'order.content-types',
    around((request, ask) => {
      if (!/^text\/plain/i.test(request.headers.get('content-type') ?? '')) return ask(request)
      const headers = new Headers(request.headers)
      headers.set('content-type', 'text/x-plain')
      return ask(new Request(request, { headers }))
    }),
  ),
  server(
    'any content type',
    'order.other-types',
    around((request, ask) => {
      if (!isPost(request)) return ask(request)
      const headers = new Headers(request.headers)
      headers.set('content-type', 'application/json')
      return ask(new Request(request, { headers }))
    }),
  ),
  // Section 6
  server(
    '500 on \\u0000',
    'body.unstorable',
    around(async (request, ask) => {
      const [text, again] = await read(request)
      const response = await ask(again())
      return response.status === 400 && text.includes('\\u0000')
        ? Response.json({ error: 'oops', code: 'INTERNAL' }, { status: 500 })
        : response
    }),
  ),
  server(
    '500 on 1e999',
    'body.no-5xx',
    around(async (request, ask) => {
      const [text, again] = await read(request)
      return text.includes('1e999')
        ? Response.json({ error: 'oops', code: 'INTERNAL' }, { status: 500 })
        : ask(again())
    }),
  ),
  server(
    'a strict schema',
    'body.unknown-fields',
    around(async (request, ask) => {
      const [text, again] = await read(request)
      return text.includes('ads_context')
        ? Response.json({ error: 'x', code: 'INVALID_BODY', issues: [] }, { status: 400 })
        : ask(again())
    }),
  ),
  server(
    'event_id required',
    'body.minimal',
    around(async (request, ask) => {
      const [text, again] = await read(request)
      const response = await ask(again())
      return response.status === 200 && !text.includes('event_id') && text.includes('site_id')
        ? Response.json({ error: 'x', code: 'INVALID_BODY', issues: [] }, { status: 400 })
        : response
    }),
  ),
  server(
    'issues without a path',
    'body.required',
    outgoing(
      (_, { status }) => status === 400,
      () => ({
        body: JSON.stringify({
          error: 'x',
          code: 'INVALID_BODY',
          issues: ['bad'],
          request_id: 'x',
        }),
      }),
    ),
  ),
  // Sections 7 and 8
  server(
    'session_id left out',
    'answer.unmatched',
    around(async (request, ask) => {
      const response = await ask(request)
      if (response.status !== 200 || !isPost(request)) return response
      const { session_id: _, ...json } = await response.clone().json()
      return changed(response, { body: JSON.stringify(json) })
    }),
  ),
  server('a replay key stored before a body is refused', 'body.refused-is-not-seen', () => {
    const app = appOf()
    const seen = new Set<string>()
    return async (request) => {
      const [text, again] = await read(request)
      const id = /"event_id":"([^"]+)"/.exec(text)?.[1]
      if (id !== undefined && seen.has(id))
        return Response.json(
          { status: 'noop', request_id: 'x' },
          { headers: { 'access-control-allow-origin': ORIGIN, vary: 'Origin' } },
        )
      if (id !== undefined) seen.add(id)
      return app(again())
    }
  }),
  server('a replay key stored before a limit refuses', 'limit.v1', () => {
    const app = appOf()
    const refused = new Set<string>()
    return async (request) => {
      const [text, again] = await read(request)
      const id = /"event_id":"([^"]+)"/.exec(text)?.[1]
      if (id !== undefined && refused.has(id))
        return Response.json({ status: 'noop', request_id: 'x' })
      const response = await app(again())
      if (response.status === 429 && id !== undefined) refused.add(id)
      return response
    }
  }),
  server('ids without their last digit', 'idempotency.last-digit', () => {
    const app = appOf()
    return async (request) => {
      const [text, again] = await read(request)
      return text.includes('"event_id"')
        ? app(await withBody(again(), (body) => body.replace(/("event_id":"[^"]{35})./, '$10')))
        : app(again())
    }
  }),
  server('replay keys per endpoint', 'idempotency.both-endpoints', () => {
    const apps = new Map(CALLS.map((path) => [path, appOf()]))
    return (request) =>
      (apps.get(new URL(request.url).pathname) ?? apps.get(CALL_EVENT_V1)!)(request)
  }),
  server('nothing remembered', 'idempotency.event-id', () => {
    const world = () => appOf()
    return (request) => world()(request)
  }),
  server('a row for each of two equal events at once', 'idempotency.at-once', () => {
    const app = appOf()
    const under = new Set<string>()
    return async (request) => {
      const [text, again] = await read(request)
      // It looked before the other had inserted: recorded once more.
      if (under.has(text)) return appOf()(again())
      under.add(text)
      const response = await app(again())
      setTimeout(() => under.delete(text), 50)
      return response
    }
  }),
  server('duplicates found by fingerprint and target', 'idempotency.two-events', () => {
    const app = appOf()
    const seen = new Set<string>()
    return async (request) => {
      const [text, again] = await read(request)
      const response = await app(again())
      const key = text.replace(/"event_id":"[^"]+"/, '')
      const known = key.includes('intent_target') && seen.has(key)
      seen.add(key)
      if (!known || response.status !== 200) return response
      return changed(response, { body: JSON.stringify({ status: 'noop', request_id: 'x' }) })
    }
  }),
  // Section 9
  server(
    'no limit at all',
    'limit.headers',
    withSteps((steps) => steps.filter((_, i) => i !== 3 && i !== 7)),
  ),
  server(
    'RateLimit in the draft’s older form',
    'limit.headers',
    outgoing(isPost, () => ({ headers: { ratelimit: 'limit=80, remaining=79, reset=60' } })),
  ),
  server(
    '429 without Retry-After',
    'limit.v1',
    outgoing(
      (_, { status }) => status === 429,
      () => ({ headers: { 'retry-after': null } }),
    ),
  ),
  server('X-Forwarded-For believed', 'limit.spoofed-address', () =>
    appOf({ trustedHops: 1, limiter: createMemoryLimiter(limits()) }),
  ),
  server('X-Forwarded-For believed on sync only', 'limit.spoofed-address-sync', () => {
    const limiter = createMemoryLimiter(limits())
    const believing = appOf({ trustedHops: 1, limiter })
    const right = appOf({ limiter })
    return (request) => (request.url.includes(SYNC) ? believing(request) : right(request))
  }),
  server('the limit of browsers on V2 as well', 'limit.v2-address-only', () => {
    const app = appOf()
    let unsigned = 0
    return (request) =>
      request.url.endsWith('/v2') && !request.headers.has('x-ops-signature') && unsigned++ > 300
        ? Response.json({ error: 'x', code: 'RATE_LIMITED', retry_after: 9 }, { status: 429 })
        : app(request)
  }),
  // Section 10
  server(
    'a batch recorded event by event',
    'sync.whole-or-not',
    around(async (request, ask) => {
      if (!request.url.includes(SYNC) || !isPost(request)) return ask(request)
      const [text, again] = await read(request)
      const response = await ask(again())
      if (response.status !== 400 || !text.startsWith('{"events":[{')) return response
      for (const event of JSON.parse(text).events)
        await ask(
          new Request(request.url, {
            method: 'POST',
            headers: request.headers,
            body: JSON.stringify(event),
          }),
        )
      return response
    }),
  ),
  server(
    'accepted left out',
    'sync.one',
    around(async (request, ask) => {
      const response = await ask(request)
      return request.url.includes(SYNC) && response.status === 200
        ? changed(response, { body: '{"ok":true,"status":"synced","request_id":"x"}' })
        : response
    }),
  ),
  // Section 11
  server(
    'health that shows its origins',
    'health.discreet',
    around(async (request, ask) => {
      const response = await ask(request)
      return request.url.endsWith('/api/health')
        ? changed(response, {
            body: JSON.stringify({ ...(await response.clone().json()), origins: [ORIGIN] }),
          })
        : response
    }),
  ),
  server(
    'warnings that are sentences',
    'health.warnings',
    around(async (request, ask) => {
      const response = await ask(request)
      return request.url.endsWith('/api/health')
        ? changed(response, {
            body: JSON.stringify({
              ...(await response.clone().json()),
              warnings: ['Redis is away'],
            }),
          })
        : response
    }),
  ),
  server(
    'health’s clock in milliseconds',
    'health.clock',
    around(async (request, ask) => {
      const response = await ask(request)
      return request.url.endsWith('/api/health')
        ? changed(response, {
            body: JSON.stringify({ ...(await response.clone().json()), ts: Date.now() }),
          })
        : response
    }),
  ),
  // Section 16
  server(
    'Content-Encoding not looked at',
    'small-print.content-encoding',
    around((request, ask) => {
      const headers = new Headers(request.headers)
      headers.delete('content-encoding')
      return ask(new Request(request, { headers }))
    }),
  ),
]
