import type { Fault } from './faults.js'

/**
 * Names the party that has to act before a refused request can succeed.
 * - `client`: the developers of the tracker or of any other client that made the request
 * - `site`: the owner of the site, in the page that embeds the tracker
 * - `proxy`: the operator of the first-party proxy
 * - `server`: the operator of the ingestion server
 * - `nobody`: the problem passes, or the client corrects it by itself
 */
export type Fixer = 'client' | 'site' | 'proxy' | 'server' | 'nobody'

/** One row of the table of codes. */
export interface CodeRow {
  /** HTTP status. */
  status: number
  /** A sentence for people, sent as `error`. */
  error: string
  /** Row of the outcome table, which decides what a client does with the event. */
  fault: Fault
  fixedBy: Fixer
  /** The remedy, as an imperative sentence. */
  remedy: string
}

/**
 * Every `code` that a server or a proxy responds with (contract sections 7 and 13). `judge` is tested against this table
 * in both directions and does not import it, so that the script tag carries none of its text.
 */
export const REFUSALS = {
  ORIGIN_NOT_ALLOWED: {
    status: 403,
    error: 'Origin not allowed',
    fault: 'configuration',
    fixedBy: 'server',
    remedy:
      'Add the page’s origin to ALLOWED_ORIGINS, to the site’s origins or to the proxy’s own list, exactly as the browser sends it.',
  },
  ORIGIN_REQUIRED: {
    status: 403,
    error: 'Origin header required',
    fault: 'configuration',
    fixedBy: 'server',
    remedy:
      'Sign the request as a proxy does, or let the Origin header through; remove CALL_EVENT_SIGNING_DISABLED if a proxy gets this.',
  },
  SIGNATURE_REQUIRED: {
    status: 401,
    error: 'Unauthorized',
    fault: 'configuration',
    fixedBy: 'proxy',
    remedy:
      'Send X-Ops-Site-Id, X-Ops-Ts and X-Ops-Signature, each once and well-formed; let them through every gateway.',
  },
  SIGNATURE_TIMESTAMP_INVALID: {
    status: 401,
    error: 'Unauthorized',
    fault: 'clock',
    fixedBy: 'nobody',
    remedy:
      'Nothing in a browser, which corrects its clock from server_ts; set the clock of the proxy’s machine.',
  },
  SIGNATURE_INVALID: {
    status: 401,
    error: 'Unauthorized',
    fault: 'configuration',
    fixedBy: 'proxy',
    remedy:
      'Give the proxy or the page the secret and the id of the same site, and sign the exact bytes that are sent.',
  },
  SITE_MISMATCH: {
    status: 401,
    error: 'Unauthorized',
    fault: 'configuration',
    fixedBy: 'proxy',
    remedy: 'Give the page and the proxy the id of the same site.',
  },
  LIVE_TOKEN_REQUIRED: {
    status: 401,
    error: 'Unauthorized',
    fault: 'configuration',
    fixedBy: 'client',
    remedy: 'Send LIVE_TOKEN or a token of the site.',
  },
  METRICS_TOKEN_REQUIRED: {
    status: 401,
    error: 'Unauthorized',
    fault: 'configuration',
    fixedBy: 'client',
    remedy: 'Send METRICS_TOKEN as a bearer token.',
  },
  READ_TOKEN_REQUIRED: {
    status: 401,
    error: 'Unauthorized',
    fault: 'configuration',
    fixedBy: 'client',
    remedy: 'Send a token of the site, or LIVE_TOKEN, as a bearer token.',
  },
  INVALID_QUERY: {
    status: 400,
    error: 'The query does not make sense',
    fault: 'configuration',
    fixedBy: 'client',
    remedy: 'Correct the parameters of the URL; issues names what is wrong.',
  },
  BAD_REQUEST: {
    status: 400,
    error: 'The request is not complete or not HTTP',
    fault: 'configuration',
    fixedBy: 'client',
    remedy: 'Look at what stands between the client and the server, and at the server’s log.',
  },
  INVALID_JSON: {
    status: 400,
    error: 'The body is not valid JSON in UTF-8',
    fault: 'event',
    fixedBy: 'client',
    remedy: 'Send JSON in UTF-8 without NUL bytes.',
  },
  INVALID_BODY: {
    status: 400,
    error: 'The body does not match the schema',
    fault: 'event',
    fixedBy: 'client',
    remedy:
      'Send the fields of contract section 6 within their limits; issues names what is wrong.',
  },
  INVALID_SITE_ID: {
    status: 400,
    error: 'Unknown site_id',
    fault: 'configuration',
    fixedBy: 'site',
    remedy: 'Correct the site id in the page, or create the site on the server.',
  },
  NOT_FOUND: {
    status: 404,
    error: 'No such path',
    fault: 'configuration',
    fixedBy: 'site',
    remedy:
      'Correct the proxy or console URL in the page, and look whether a gateway changes the path.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    error: 'Method not allowed',
    fault: 'configuration',
    fixedBy: 'server',
    remedy: 'Let POST through unchanged: a redirect with 301 or 302 turns it into GET.',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    error: 'The request took longer than 15 seconds to arrive',
    fault: 'path',
    fixedBy: 'nobody',
    remedy: 'Send it again, over a faster line.',
  },
  PAYLOAD_TOO_LARGE: {
    status: 413,
    error: 'The body is larger than 65536 bytes',
    fault: 'event',
    fixedBy: 'client',
    remedy: 'Send at most 65536 bytes.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    error: 'Send application/json or text/plain, without Content-Encoding',
    fault: 'configuration',
    fixedBy: 'proxy',
    remedy: 'Let Content-Type through unchanged, and do not compress the request.',
  },
  UPGRADE_REQUIRED: {
    status: 426,
    error: 'This path answers to a WebSocket upgrade',
    fault: 'configuration',
    fixedBy: 'client',
    remedy: 'Open this path as a WebSocket, and let upgrades through every gateway.',
  },
  RATE_LIMITED: {
    status: 429,
    error: 'Rate limit exceeded',
    fault: 'path',
    fixedBy: 'nobody',
    remedy:
      'Wait as long as Retry-After says. If all visitors share a limit, tell the proxy the visitor’s address, or set TRUSTED_PROXY_HOPS to the number of the server’s own load balancers.',
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    error: 'The headers are larger than 16 KiB',
    fault: 'configuration',
    fixedBy: 'site',
    remedy: 'Send fewer or smaller cookies and headers to this host.',
  },
  INTERNAL: {
    status: 500,
    error: 'Something went wrong on our side',
    fault: 'path',
    fixedBy: 'server',
    remedy: 'Look for the request id in the server’s log.',
  },
  PROXY_NOT_CONFIGURED: {
    status: 500,
    error: 'The proxy has no secret',
    fault: 'path',
    fixedBy: 'proxy',
    remedy: 'Give the proxy the site’s secret.',
  },
  UPSTREAM_UNREACHABLE: {
    status: 502,
    error: 'The server behind the proxy cannot be reached',
    fault: 'path',
    fixedBy: 'proxy',
    remedy: 'Correct the proxy’s server URL, or start the server.',
  },
  SIGNATURE_VERIFIER_UNAVAILABLE: {
    status: 503,
    error: 'Signatures cannot be verified right now',
    fault: 'path',
    fixedBy: 'server',
    remedy: 'Look whether the database runs and accepts connections.',
  },
  STORE_UNAVAILABLE: {
    status: 503,
    error: 'The event cannot be recorded right now',
    fault: 'path',
    fixedBy: 'server',
    remedy: 'Look whether the database runs and accepts connections.',
  },
  UPSTREAM_TIMEOUT: {
    status: 504,
    error: 'The server behind the proxy did not answer in time',
    fault: 'path',
    fixedBy: 'server',
    remedy: 'Look why the server takes longer than 4 seconds to respond.',
  },
} as const

export type Code = keyof typeof REFUSALS
