/** Header names of the wire contract. HTTP compares them without regard to case (RFC 9110, 5.1). */
export const SITE_ID_HEADER = 'X-Ops-Site-Id'
/** Unix seconds at signing, as the characters that were signed. */
export const TIMESTAMP_HEADER = 'X-Ops-Ts'
/** HMAC-SHA256 of the canonical message, 64 hex digits. */
export const SIGNATURE_HEADER = 'X-Ops-Signature'
/** `1` on a request that a first-party proxy forwards. */
export const PROXY_HEADER = 'X-Ops-Proxy'
/** The proxy's own host, informational: it isolates rate limits. */
export const PROXY_HOST_HEADER = 'X-Ops-Proxy-Host'
export const REQUEST_ID_HEADER = 'X-Request-Id'

/** Request headers that a preflight allows (contract section 2). */
export const ALLOWED_HEADERS = 'Content-Type, X-Ops-Site-Id, X-Ops-Ts, X-Ops-Signature'
export const ALLOWED_METHODS = 'POST, OPTIONS'
/** Response headers that an allowed origin may read (contract section 2). */
export const EXPOSED_HEADERS = 'Retry-After, RateLimit, RateLimit-Policy, X-Request-Id'
/** Seconds for which a browser may cache a preflight response. */
export const PREFLIGHT_MAX_AGE_SECONDS = 7200
