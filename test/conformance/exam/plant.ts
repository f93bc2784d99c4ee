import { createHmac } from 'node:crypto'
import { ORIGIN, OTHER_SITE, SITE } from '../../../server-reference/src/testing/sign.js'
import { CALL_EVENT_V1, CALL_EVENT_V2, SYNC } from '../../../src/contract/index.js'
import type { Ask } from '../reference.js'
import { NEXT_SECRET } from '../support/python.js'

/** Sits between the kit and a correct server, and makes it faulty. It may keep its own state. */
export type Around = (request: Request, ask: Ask) => Response | Promise<Response>

/** One planted fault: what it does, and the check that has to find it. */
export interface PlantedFault {
  name: string
  found: string
  make: () => Around
}

export const ENDPOINTS = [
  { name: 'V1', path: CALL_EVENT_V1, isCall: true },
  { name: 'V2', path: CALL_EVENT_V2, isCall: true },
  { name: 'sync', path: SYNC, isCall: false },
] as const
export type Endpoint = (typeof ENDPOINTS)[number]
export const CALLS = ENDPOINTS.filter(({ isCall }) => isCall)

export const fault = (name: string, found: string, make: () => Around): PlantedFault => ({
  name,
  found,
  make,
})

export const isAt = (request: Request, { path }: { path: string }): boolean =>
  new URL(request.url).pathname === path
export const isPost = ({ method }: Request): boolean => method === 'POST'
export const isPreflight = ({ method }: Request): boolean => method === 'OPTIONS'

/** Returns a request without its body: a clone whose other half is never read would wait for ever. */
export const headOf = ({ url, method, headers }: Request): Request =>
  new Request(url, { method, headers })

/** Changes of a response; null removes a header. */
export interface Change {
  status?: number
  headers?: Record<string, string | null>
  body?: string
  json?: (json: Record<string, unknown>) => Record<string, unknown>
}

/** Removes a field of a JSON response. */
export const without = (field: string): Change => ({
  json: (json) => Object.fromEntries(Object.entries(json).filter(([name]) => name !== field)),
})

export const changed = async (response: Response, change: Change): Promise<Response> => {
  const headers = new Headers(response.headers)
  headers.delete('content-length')
  headers.delete('transfer-encoding')
  for (const [name, value] of Object.entries(change.headers ?? {}))
    if (value === null) headers.delete(name)
    else headers.set(name, value)
  const status = change.status ?? response.status
  const text = await response.text()
  const body =
    change.json && text ? JSON.stringify(change.json(JSON.parse(text))) : (change.body ?? text)
  return new Response(status === 204 || status === 304 ? null : body, { status, headers })
}

/** Changes the responses that are meant. */
export const outgoing =
  (
    isMeant: (request: Request, response: Response) => boolean,
    change: Change | ((request: Request) => Change),
  ): (() => Around) =>
  () =>
  async (request, ask) => {
    const kept = headOf(request)
    const response = await ask(request)
    return isMeant(kept, response)
      ? changed(response, typeof change === 'function' ? change(kept) : change)
      : response
  }

const SECRETS = new Map([
  [SITE.publicId, [SITE.secret, NEXT_SECRET]],
  [OTHER_SITE.publicId, [OTHER_SITE.secret]],
])
const secretsOf = (site: string): string[] =>
  SECRETS.get(site.replaceAll('-', '').toLowerCase()) ??
  (site.replaceAll('-', '') === OTHER_SITE.id.replaceAll('-', '') ? [OTHER_SITE.secret] : [])

const hmac = (secret: string, ts: string, body: Uint8Array): string =>
  createHmac('sha256', secret).update(`${ts}.`).update(body).digest('hex')

/** A request that has been read, so that it can be sent again with something else in it. */
export interface ReadRequest {
  bytes: Uint8Array
  text: string
  json: Record<string, unknown> | undefined
  ts: string
  site: string
  isSigned: boolean
  /** Seconds by the clock of this process. */
  age: number
  /** Returns the request with these parts replaced; null removes a header. */
  with(parts: {
    headers?: Record<string, string | null>
    body?: string | Uint8Array
    url?: string
  }): Request
  /** Returns the same, signed again with the site's own secret. */
  signed(parts: {
    body?: string | Uint8Array
    ts?: string
    site?: string
    headers?: Record<string, string | null>
  }): Request
}

export const read = async (request: Request): Promise<ReadRequest> => {
  const bytes = new Uint8Array(await request.arrayBuffer())
  const text = new TextDecoder().decode(bytes)
  const header = (name: string): string => request.headers.get(name) ?? ''
  const [ts, site] = [header('x-ops-ts'), header('x-ops-site-id')]
  let json: Record<string, unknown> | undefined
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      json = value as Record<string, unknown>
  } catch {
    // The text is no JSON.
  }
  const made: ReadRequest = {
    bytes,
    text,
    json,
    ts,
    site,
    isSigned: secretsOf(site).some(
      (secret) => hmac(secret, ts, bytes) === header('x-ops-signature').toLowerCase(),
    ),
    age: Math.floor(Date.now() / 1000) - Number(ts),
    with({ headers: changes = {}, body = bytes, url = request.url }) {
      const headers = new Headers(request.headers)
      headers.delete('content-length')
      for (const [name, value] of Object.entries(changes))
        if (value === null) headers.delete(name)
        else headers.set(name, value)
      const { method } = request
      const hasBody = method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS'
      return new Request(url, {
        method,
        headers,
        ...(hasBody ? { body: body as BodyInit } : {}),
      })
    },
    signed({ body = bytes, ts: other = ts, site: named = site, headers = {} }) {
      const raw = typeof body === 'string' ? new TextEncoder().encode(body) : body
      const secret = secretsOf(named)[0] ?? SITE.secret
      return made.with({
        body: raw,
        headers: {
          'x-ops-site-id': named,
          'x-ops-ts': other,
          'x-ops-signature': hmac(secret, other, raw),
          ...headers,
        },
      })
    },
  }
  return made
}

/** Changes the requests to one endpoint; undefined leaves a request as it came. */
export const incoming =
  (
    endpoint: { path: string },
    change: (found: ReadRequest, request: Request) => Request | Response | undefined,
  ): (() => Around) =>
  () =>
  async (request, ask) => {
    if (!isAt(request, endpoint) || !isPost(request)) return ask(request)
    const kept = headOf(request)
    const found = await read(request)
    const other = change(found, kept)
    if (other instanceof Response) return other
    return ask(other ?? found.with({}))
  }

/** Returns a refusal as a correct server would write it. */
export const refusal = (status: number, code: string, more: object = {}): Response =>
  Response.json(
    { error: 'Refused', code, request_id: 'r', ...more },
    {
      status,
      headers: {
        'x-request-id': 'r',
        vary: 'Origin',
        'access-control-allow-origin': ORIGIN,
        'access-control-expose-headers': 'Retry-After, RateLimit, RateLimit-Policy, X-Request-Id',
        'ratelimit-policy': '"address";q=6000;w=60',
        ratelimit: '"address";r=5000;t=9',
      },
    },
  )
