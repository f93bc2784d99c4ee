import { REFUSALS, type Code } from '../contract/codes.js'
import {
  ALLOWED_METHODS,
  PROXY_HEADER,
  PROXY_HOST_HEADER,
  REQUEST_ID_HEADER,
  SIGNATURE_HEADER,
  SITE_ID_HEADER,
  TIMESTAMP_HEADER,
} from '../contract/headers.js'
import { SITE_ID } from '../contract/identifiers.js'
import { BODY_MAX_BYTES, SECRET_MIN_LENGTH } from '../contract/limits.js'
import { CALL_EVENT_V2, SYNC } from '../contract/paths.js'
import { sign as signWithWebCrypto } from '../contract/sign.js'
import { forwardedFor } from './address.js'
import { parseObject, readBody } from './body.js'
import { corsHeaders, preflightHeaders } from './cors.js'
import { callLog, loggableOrigin, outcomeOf, type ProxyLogEntry } from './log.js'
import type { ProxyOptions } from './options.js'
import { parseOrigins } from './origins.js'
import { siteOf } from './sites.js'
import { askUpstream } from './upstream.js'

/** Milliseconds for the ingestion server (contract section 14). */
const UPSTREAM_TIMEOUT_MS = 4_000

const respond = (status: number, json: string, headers: Record<string, string>): Response =>
  new Response(json || null, {
    status,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers },
  })

/** Returns a header of the server's response if it may be passed on: printable, and no longer than such values are. */
const handedOn = (headers: Headers, name: string): Record<string, string> => {
  const value = headers.get(name)
  return value !== null && /^[\x20-\x7e]{1,128}$/.test(value) ? { [name]: value } : {}
}

const baseUrl = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol))
    throw new TypeError(
      `createProxy: consoleUrl must be an http(s) URL such as https://console.example.com, got ${JSON.stringify(text)}`,
    )
  return url.href.replace(/\/+$/, '')
}

/** @throws TypeError that names the option */
const checkOptions = ({ siteId, trustedHops = 0, clientAddress }: ProxyOptions): void => {
  if (siteId !== undefined && !SITE_ID.test(siteId))
    throw new TypeError(
      `createProxy: siteId must be a UUID or 32 hex digits, got ${JSON.stringify(siteId)}`,
    )
  if (!Number.isInteger(trustedHops) || trustedHops < 0 || trustedHops > 32)
    throw new TypeError(
      `createProxy: trustedHops must be a whole number from 0 to 32, got ${JSON.stringify(trustedHops)}`,
    )
  if (trustedHops > 0 && clientAddress)
    throw new TypeError('createProxy: trustedHops must not be combined with clientAddress')
}

/**
 * Responds to a request. The second argument is the visitor's address, for `X-Forwarded-For`: the platform knows it, a
 * web-standard `Request` does not. Anything but a string, such as a framework's own second argument, is ignored.
 */
export type FirstPartyProxy = (request: Request, clientAddress?: unknown) => Promise<Response>

/**
 * Creates a first-party proxy (contract section 14), which takes unsigned JSON on the customer's own domain, signs the
 * exact bytes it received, and forwards them: call events to `/api/call-event/v2`, sync events to `/api/sync`.
 *
 * The returned function uses web standards only, so it runs in every runtime that has `Request` and `Response`. It never
 * rejects, and never reveals the secret.
 *
 * @throws TypeError at creation if an option is invalid, because that is a setup error
 */
export const createProxy = (options: ProxyOptions): FirstPartyProxy => {
  checkOptions(options)
  const base = baseUrl(options.consoleUrl)
  const furtherOrigins = parseOrigins(options.origins)
  const { secret, siteId, timeout = UPSTREAM_TIMEOUT_MS, now = Date.now } = options
  const sign = options.sign ?? signWithWebCrypto

  return async (request, clientAddress) => {
    const id = crypto.randomUUID()
    const began = performance.now()
    let event: ProxyLogEntry['event']
    let cors = corsHeaders(null, false)
    const report = (entry: Omit<ProxyLogEntry, 'took' | 'requestId' | 'event'>): void =>
      callLog(options.log, {
        ...entry,
        ...(event && { event }),
        took: Math.round(performance.now() - began),
        requestId: id,
      })
    const refuse = (
      code: Code,
      more: { origin?: string; error?: string } = {},
      headers: Record<string, string> = {},
      outcome: string = code,
    ): Response => {
      const { status, error } = REFUSALS[code]
      const origin = more.origin && loggableOrigin(more.origin)
      report({ outcome, status, by: 'proxy', ...(origin && { origin }) })
      return respond(status, JSON.stringify({ error, code, request_id: id, ...more }), {
        ...cors,
        [REQUEST_ID_HEADER]: id,
        ...headers,
      })
    }

    try {
      const own = new URL(request.url)
      const origin = request.headers.get('origin')
      // Behind a TLS terminator the request's own URL says http: the host decides, and Host is what the browser used.
      const host = request.headers.get('host') || own.host
      const isAllowed =
        origin === null ||
        [own.origin, 'https://' + host, 'http://' + host].includes(origin) ||
        furtherOrigins.has(origin)
      cors = corsHeaders(origin, isAllowed)
      const isOptions = request.method === 'OPTIONS'
      if (!isOptions && request.method !== 'POST')
        return refuse('METHOD_NOT_ALLOWED', {}, { Allow: ALLOWED_METHODS })
      if (!isAllowed) return refuse('ORIGIN_NOT_ALLOWED', { origin })
      if (isOptions)
        return respond(204, '', { ...cors, [REQUEST_ID_HEADER]: id, ...preflightHeaders(origin) })
      if (request.bodyUsed)
        return refuse(
          'INTERNAL',
          { error: 'A body parser came before the proxy, which has to sign the exact bytes' },
          {},
          'BODY_ALREADY_READ',
        )
      const body = await readBody(request, BODY_MAX_BYTES)
      if (!body) return refuse('PAYLOAD_TOO_LARGE')
      // A tracker never sends an empty body, so something in front of the proxy has removed it. With this response a
      // tracker keeps its event, which it would not do after INVALID_JSON.
      if (body.length === 0) return refuse('BAD_REQUEST', { error: 'The request has no body' })
      const json = parseObject(body)
      if (!json) return refuse('INVALID_JSON')
      const isCall = 'site_id' in json
      event = isCall ? 'call' : 'sync'
      const site = siteOf(json, siteId)
      if (site === undefined) return refuse('INVALID_SITE_ID')
      if (!secret || [...secret].length < SECRET_MIN_LENGTH) return refuse('PROXY_NOT_CONFIGURED')

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
      const forwarded = forwardedFor(request.headers.get('x-forwarded-for'), {
        told: options.clientAddress?.(request) ?? clientAddress,
        trustedHops: options.trustedHops ?? 0,
      })
      if (forwarded !== undefined) headers.set('X-Forwarded-For', forwarded)
      const agent = request.headers.get('user-agent')
      if (agent) headers.set('User-Agent', agent)

      const url = base + (isCall ? CALL_EVENT_V2 : SYNC)
      const upstream = await askUpstream(options.fetch ?? fetch, url, { headers, body }, timeout)
      if (typeof upstream === 'string') return refuse(upstream)
      const { status, text } = upstream
      report({ outcome: outcomeOf(status, upstream.json), status, by: 'server' })
      return respond(status, text, {
        ...cors,
        [REQUEST_ID_HEADER]: id,
        ...handedOn(upstream.headers, REQUEST_ID_HEADER),
        ...handedOn(upstream.headers, 'Retry-After'),
      })
    } catch {
      // The visitor left in the middle of the body, for example. This response is not read, but nothing is thrown
      // either.
      return refuse('INTERNAL')
    }
  }
}
