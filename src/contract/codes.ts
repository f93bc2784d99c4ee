/**
 * Every `code` that a server or a proxy answers with, its HTTP status and its sentence: `code` is for programs, `error`
 * for people (contract section 7).
 */
export const REFUSALS = {
  ORIGIN_NOT_ALLOWED: { status: 403, error: 'Origin not allowed' },
  ORIGIN_REQUIRED: { status: 403, error: 'Origin header required' },
  SIGNATURE_REQUIRED: { status: 401, error: 'Unauthorized' },
  SIGNATURE_TIMESTAMP_INVALID: { status: 401, error: 'Unauthorized' },
  SIGNATURE_INVALID: { status: 401, error: 'Unauthorized' },
  SITE_MISMATCH: { status: 401, error: 'Unauthorized' },
  LIVE_TOKEN_REQUIRED: { status: 401, error: 'Unauthorized' },
  METRICS_TOKEN_REQUIRED: { status: 401, error: 'Unauthorized' },
  BAD_REQUEST: { status: 400, error: 'The request is not complete or not HTTP' },
  INVALID_JSON: { status: 400, error: 'The body is not valid JSON in UTF-8' },
  INVALID_BODY: { status: 400, error: 'The body does not match the schema' },
  INVALID_SITE_ID: { status: 400, error: 'Unknown site_id' },
  NOT_FOUND: { status: 404, error: 'No such path' },
  METHOD_NOT_ALLOWED: { status: 405, error: 'Method not allowed' },
  REQUEST_TIMEOUT: { status: 408, error: 'The request took longer than 15 seconds to arrive' },
  PAYLOAD_TOO_LARGE: { status: 413, error: 'The body is larger than 65536 bytes' },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    error: 'Send application/json or text/plain, without Content-Encoding',
  },
  UPGRADE_REQUIRED: { status: 426, error: 'This path answers to a WebSocket upgrade' },
  RATE_LIMITED: { status: 429, error: 'Rate limit exceeded' },
  HEADERS_TOO_LARGE: { status: 431, error: 'The headers are larger than 16 KiB' },
  INTERNAL: { status: 500, error: 'Something went wrong on our side' },
  PROXY_NOT_CONFIGURED: { status: 500, error: 'The proxy has no secret' },
  UPSTREAM_UNREACHABLE: { status: 502, error: 'The server behind the proxy cannot be reached' },
  SIGNATURE_VERIFIER_UNAVAILABLE: { status: 503, error: 'Signatures cannot be verified right now' },
  STORE_UNAVAILABLE: { status: 503, error: 'The event cannot be recorded right now' },
  UPSTREAM_TIMEOUT: { status: 504, error: 'The server behind the proxy did not answer in time' },
} as const

export type Code = keyof typeof REFUSALS
