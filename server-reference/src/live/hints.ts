import type { Code } from '@opsmantik/tracker/contract'
import type { OriginPolicy } from '../config/origins.js'

/**
 * Returns the cause and the remedy of a refusal, for the person at the live console. All of these sentences are in this
 * file.
 */
export const hint = (code: Code, origin: string | undefined, origins: OriginPolicy): string =>
  code === 'ORIGIN_NOT_ALLOWED' ? originHint(origin ?? '', origins) : HINTS[code]

/** Returns the same for the owner of one site, who must not learn which other origins the server allows. */
export const siteHint = (code: Code, origin: string): string =>
  code === 'ORIGIN_NOT_ALLOWED'
    ? (oddOriginHint(origin) ??
      `${origin} may not send events for this site. If it is one of its pages, it has to be added: "site origin add" on the server, or ALLOWED_ORIGINS. Scheme, host and port must all be equal.`)
    : HINTS[code]

/** Returns what is wrong with an origin that no list can allow, or null. */
const oddOriginHint = (origin: string): string | null => {
  if (origin === 'null')
    return 'The page is a local file or a sandboxed frame: its origin is "null", which is never allowed. Serve the page over http or https.'
  return /^https?:\/\/[^\s/?#,]+\/?$/i.test(origin)
    ? null
    : 'This is not an origin that a browser sends. Somebody is trying things out, or a proxy changes the header.'
}

const originHint = (origin: string, origins: OriginPolicy): string => {
  const odd = oddOriginHint(origin)
  if (odd !== null) return odd
  const listed = origins.entries.map(
    (entry) => entry.origin + (entry.until ? `;until=${entry.until}` : ''),
  )
  const near = origins.nearest(origin)
  const add = `Add it and restart the server: ALLOWED_ORIGINS=${[...listed, origin].join(',')}`
  if (near === undefined) return `${origin} is not in ALLOWED_ORIGINS. ${add}`
  return near.origin === origin
    ? `${origin} was allowed until ${near.until}. If it is still in use, take ";until=${near.until}" off its entry in ALLOWED_ORIGINS and restart the server.`
    : `ALLOWED_ORIGINS has ${near.origin}, and ${origin} is another origin: scheme, host and port must all be equal. ${add}`
}

const HINTS: Record<Exclude<Code, 'ORIGIN_NOT_ALLOWED'>, string> = {
  ORIGIN_REQUIRED:
    'No Origin header, so no browser sent this. A server has to sign its request: call events go to /api/call-event/v2, sync needs X-Ops-Proxy: 1 and the three signature headers.',
  SIGNATURE_REQUIRED:
    'A signature header is missing, malformed or sent twice. Needed: X-Ops-Site-Id (UUID or 32 hex), X-Ops-Ts (Unix seconds), X-Ops-Signature (64 hex). If a proxy is meant to sign, look whether it forwards these headers.',
  SIGNATURE_TIMESTAMP_INVALID:
    'X-Ops-Ts is more than 300 s old or more than 60 s ahead. The clock of whoever signs is wrong, or the request was kept and sent again without a new signature.',
  SIGNATURE_INVALID:
    'The signature does not fit, or the site is unknown. Check the secret and the site id, and that exactly the bytes are signed that are sent: JSON that is parsed and written again no longer fits.',
  SITE_MISMATCH:
    'X-Ops-Site-Id and site_id in the body are two different sites. Use the same id in the embed and in the proxy.',
  LIVE_TOKEN_REQUIRED:
    'The live feed needs its token. The server prints it at start in development; in production it is LIVE_TOKEN.',
  READ_TOKEN_REQUIRED:
    'Recorded calls need Authorization: Bearer with a token of their site ("site token add") or LIVE_TOKEN.',
  INVALID_QUERY: 'A parameter of the URL is not known or not usable; "issues" names it.',
  METRICS_TOKEN_REQUIRED: 'The metrics need Authorization: Bearer with the value of METRICS_TOKEN.',
  INVALID_JSON:
    'The body is not JSON in UTF-8. Look for a body that was cut off, encoded twice, or sent as a form.',
  INVALID_BODY:
    'A field is missing, too long or of the wrong type. The answer names each in "issues".',
  INVALID_SITE_ID:
    'No site has this id. Compare data-ops-site-id in the embed with the output of "site list".',
  NOT_FOUND: 'There is no such path.',
  METHOD_NOT_ALLOWED: 'This path takes another method; the answer names it in Allow.',
  BAD_REQUEST: 'The request ended before it was complete, or was not HTTP.',
  REQUEST_TIMEOUT: 'The request took longer than 15 s to arrive.',
  PAYLOAD_TOO_LARGE: 'The body is larger than 65,536 bytes. Send fewer events at once.',
  HEADERS_TOO_LARGE: 'The headers are larger than 16 KiB.',
  UNSUPPORTED_MEDIA_TYPE:
    'Content-Type must be application/json or text/plain, sent once, and there must be no Content-Encoding.',
  UPGRADE_REQUIRED: 'The live feed is a WebSocket, not a page.',
  RATE_LIMITED:
    'Too many requests in a minute. RateLimit in the answer says which limit it was; RATE_LIMIT_* changes them. If many visitors share one address, tell the proxy the visitor’s address, or set TRUSTED_PROXY_HOPS to the number of the server’s own load balancers.',
  INTERNAL: 'Something failed that should not. The log has it under the request id.',
  PROXY_NOT_CONFIGURED: 'The proxy has no secret. Set it where the proxy runs.',
  UPSTREAM_UNREACHABLE: 'The proxy cannot reach the server.',
  UPSTREAM_TIMEOUT: 'The server did not answer the proxy in time.',
  SIGNATURE_VERIFIER_UNAVAILABLE:
    'The database did not answer, so signatures cannot be verified. Clients keep their events and try again.',
  STORE_UNAVAILABLE:
    'The database did not answer, so the event was not recorded. Clients keep it and try again.',
}
