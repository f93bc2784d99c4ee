import { REFUSALS, type Code } from '../contract/codes.js'
import {
  PROXY_HEADER,
  PROXY_HOST_HEADER,
  REQUEST_ID_HEADER,
  SIGNATURE_HEADER,
  SITE_ID_HEADER,
  TIMESTAMP_HEADER,
} from '../contract/headers.js'
import { SITE_ID } from '../contract/identifiers.js'
import { SECRET_MIN_LENGTH } from '../contract/limits.js'
import { CALL_EVENT_V2, SYNC } from '../contract/paths.js'
import { appendAddress } from './address.js'
import { parseObject, readBody } from './body.js'
import { loggableOrigin, outcomeOf, tell, type ProxyLogEntry } from './log.js'
import type { ProxyOptions } from './options.js'
import { sign } from './sign.js'

/** Milliseconds (contract section 14). */
const TIMEOUT = 4_000

const answer = (status: number, json: string, headers: Record<string, string>): Response =>
  new Response(json || null, {
    status,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers },
  })

const sameSite = (a: string, b: string): boolean => {
  const canonical = (id: string): string => id.replaceAll('-', '').toLowerCase()
  return canonical(a) === canonical(b)
}

/** Every site that a sync body names: a batch names one in each event. */
const syncSites = (body: Record<string, unknown>): unknown[] =>
  Array.isArray(body['events'])
    ? body['events'].map((event: unknown) => Object(event).s)
    : [body['s']]

/** What the text says, or undefined: not JSON. */
const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const baseUrl = (text: string): string => {
  let url: URL | undefined
  try {
    url = new URL(text)
  } catch {
    // Said below.
  }
  if (!url || !/^https?:$/.test(url.protocol))
    throw new TypeError(
      `createProxy: consoleUrl must be an http(s) URL such as https://console.example.com, got ${JSON.stringify(text)}`,
    )
  return url.href.replace(/\/+$/, '')
}

/**
 * Answers a request. The second argument is the visitor's address, for `X-Forwarded-For`: the platform knows it, a
 * web-standard `Request` does not. What is no string, such as a framework's own second argument, is passed over.
 */
export type Proxy = (request: Request, clientAddress?: unknown) => Promise<Response>

/**
 * A first-party proxy (contract section 14): takes unsigned JSON on the customer's own domain, signs the very bytes it
 * received, and forwards them: call events to `/api/call-event/v2`, sync events to `/api/sync`.
 *
 * The returned function uses web standards only, so it runs wherever `Request` and `Response` exist. It never rejects,
 * and never reveals the secret.
 *
 * @throws TypeError at creation, when `consoleUrl` or `siteId` cannot be right: that is a mistake of set-up
 */
export const createProxy = (options: ProxyOptions): Proxy => {
  const base = baseUrl(options.consoleUrl)
  const { secret, siteId, origins = [], timeout = TIMEOUT, now = Date.now } = options
  if (siteId !== undefined && !SITE_ID.test(siteId))
    throw new TypeError(
      `createProxy: siteId must be a UUID or 32 hex digits, got ${JSON.stringify(siteId)}`,
    )

  return async (request, clientAddress) => {
    const id = crypto.randomUUID()
    const began = performance.now()
    let event: ProxyLogEntry['event']
    const report = (entry: Omit<ProxyLogEntry, 'took' | 'requestId' | 'event'>): void =>
      tell(options.log, {
        ...entry,
        ...(event && { event }),
        took: Math.round(performance.now() - began),
        requestId: id,
      })
    const refuse = (
      code: Code,
      more: { origin?: string } = {},
      headers: Record<string, string> = {},
    ): Response => {
      const { status, error } = REFUSALS[code]
      const origin = more.origin && loggableOrigin(more.origin)
      report({ outcome: code, status, by: 'proxy', ...(origin && { origin }) })
      return answer(status, JSON.stringify({ error, code, request_id: id, ...more }), {
        [REQUEST_ID_HEADER]: id,
        ...headers,
      })
    }

    try {
      if (request.method !== 'POST') return refuse('METHOD_NOT_ALLOWED', {}, { Allow: 'POST' })
      const own = new URL(request.url)
      const origin = request.headers.get('origin')
      // Behind a TLS terminator the request's own URL says http: the host decides, then, and Host is what the browser used.
      const host = request.headers.get('host') || own.host
      const ownOrigins = [own.origin, 'https://' + host, 'http://' + host, ...origins]
      if (origin !== null && !ownOrigins.includes(origin))
        return refuse('ORIGIN_NOT_ALLOWED', { origin })
      const body = await readBody(request)
      if (!body) return refuse('PAYLOAD_TOO_LARGE')
      const json = parseObject(body)
      if (!json) return refuse('INVALID_JSON')
      const isCall = 'site_id' in json
      event = isCall ? 'call' : 'sync'
      const sites = isCall ? [json['site_id']] : syncSites(json)
      const site = sites[0]
      if (
        typeof site !== 'string' ||
        !SITE_ID.test(site) ||
        !sites.every((other) => typeof other === 'string' && sameSite(other, siteId ?? site))
      )
        return refuse('INVALID_SITE_ID')
      if (!secret || secret.length < SECRET_MIN_LENGTH) return refuse('PROXY_NOT_CONFIGURED')

      const ts = String(Math.floor(now() / 1000))
      const headers = new Headers({
        'Content-Type': 'application/json',
        [SITE_ID_HEADER]: site,
        [TIMESTAMP_HEADER]: ts,
        [SIGNATURE_HEADER]: await sign(secret, ts, body),
        [PROXY_HEADER]: '1',
        [PROXY_HOST_HEADER]: host,
        [REQUEST_ID_HEADER]: id,
      })
      const told = typeof clientAddress === 'string' ? clientAddress : undefined
      const forwarded = appendAddress(
        request.headers.get('x-forwarded-for'),
        options.clientAddress?.(request) ?? told,
      )
      if (forwarded) headers.set('X-Forwarded-For', forwarded)
      const agent = request.headers.get('user-agent')
      if (agent) headers.set('User-Agent', agent)

      const stop = AbortSignal.timeout(timeout)
      try {
        const upstream = await (options.fetch ?? fetch)(base + (isCall ? CALL_EVENT_V2 : SYNC), {
          method: 'POST',
          headers,
          body,
          signal: stop,
          // A redirect could carry the signature to somebody else, or turn the POST into a GET.
          redirect: 'manual',
        })
        const text = await upstream.text()
        const retryAfter = upstream.headers.get('retry-after')
        const said = parseJson(text)
        // What is not JSON did not come from the server that we speak to. Other servers acknowledge with an empty body.
        if (!(upstream.ok && text === '') && said === undefined)
          return refuse('UPSTREAM_UNREACHABLE')
        const { status } = upstream
        report({ outcome: outcomeOf(status, said), status, by: 'server' })
        return answer(status, text, {
          [REQUEST_ID_HEADER]: upstream.headers.get(REQUEST_ID_HEADER) ?? id,
          ...(retryAfter === null ? {} : { 'Retry-After': retryAfter }),
        })
      } catch {
        return refuse(stop.aborted ? 'UPSTREAM_TIMEOUT' : 'UPSTREAM_UNREACHABLE')
      }
    } catch {
      // The visitor went away in the middle of the body, say. Nobody reads this answer, but nothing is thrown either.
      return refuse('INTERNAL')
    }
  }
}
