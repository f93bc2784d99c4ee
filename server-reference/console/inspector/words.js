/** @typedef {import('@opsmantik/tracker/contract').Code} Code */

/** @type {Record<string, string>} */
const ACTIONS = {
  phone: 'Phone',
  whatsapp: 'WhatsApp',
  sms: 'SMS',
  email: 'E-mail',
  form: 'Form',
}

/**
 * Explains each code to the developer who integrates the tracker. The contract's own sentences are written for the
 * caller and reveal nothing: every 401 is just "Unauthorized".
 *
 * @type {Record<Code, string>}
 */
export const REASONS = {
  ORIGIN_NOT_ALLOWED: 'This origin is not on the list',
  ORIGIN_REQUIRED: 'The request named no origin',
  SIGNATURE_REQUIRED: 'A signature header is missing or malformed',
  SIGNATURE_TIMESTAMP_INVALID: 'Signed too long ago, or in the future',
  SIGNATURE_INVALID: 'The signature does not match, or the site is unknown',
  SITE_MISMATCH: 'Header and body name different sites',
  LIVE_TOKEN_REQUIRED: 'The live feed was asked for without its token',
  BAD_REQUEST: 'The request broke off, or was not HTTP',
  READ_TOKEN_REQUIRED: 'Recorded calls were asked for without a token that opens them',
  INVALID_QUERY: 'A parameter of the URL is not usable',
  METRICS_TOKEN_REQUIRED: 'Metrics token required',
  INVALID_JSON: 'The body is not valid JSON in UTF-8',
  INVALID_BODY: 'The body does not match the schema',
  INVALID_SITE_ID: 'Nobody knows the site in the body',
  NOT_FOUND: 'No such path',
  METHOD_NOT_ALLOWED: 'This path does not answer to that method',
  REQUEST_TIMEOUT: 'The request took too long to arrive',
  PAYLOAD_TOO_LARGE: 'The body is too large',
  UNSUPPORTED_MEDIA_TYPE: 'The body is neither JSON nor text, or is compressed',
  UPGRADE_REQUIRED: 'The live feed was asked for without a WebSocket',
  RATE_LIMITED: 'Too many requests in a minute',
  HEADERS_TOO_LARGE: 'The headers are too large',
  INTERNAL: 'The server made a mistake',
  PROXY_NOT_CONFIGURED: 'The proxy has no secret',
  UPSTREAM_UNREACHABLE: 'The proxy cannot reach the server',
  SIGNATURE_VERIFIER_UNAVAILABLE: 'Signatures cannot be verified right now',
  STORE_UNAVAILABLE: 'The event cannot be recorded right now',
  UPSTREAM_TIMEOUT: 'The server did not answer the proxy in time',
}

/** Names the outcome of a call. */
export const OUTCOMES = { matched: 'Matched', unmatched: 'No session', noop: 'Again' }

/** Explains each outcome, with the remedy if it is not the wanted one. */
export const EXPLAINED = {
  matched: 'Recorded, and tied to the newest session of the same visitor.',
  unmatched:
    'Recorded. No session of this visitor was seen on this site in the 30 minutes before the press: send page views to /api/sync with the same fingerprint in meta.fp. If the first one arrives within 30 minutes after the press, the call is matched then.',
  noop: 'Recorded already, so nothing was added: the same event_id, or the same signature, has come before. A retry is meant to end here. To record another one, use a new event_id.',
  synced: 'Recorded.',
}

/** @param {string | null} action */
export const actionInWords = (action) => (action ? (ACTIONS[action] ?? action) : 'Call event')

/**
 * @param {string | null} action
 * @param {string | null} target
 */
export const targetInWords = (action, target) =>
  // The row already says WhatsApp.
  action && target?.startsWith(`${action}:`) ? target.slice(action.length + 1) : (target ?? '')

/** @param {string} code a server newer than this page may send one that is not listed */
export const reasonInWords = (code) =>
  Object.hasOwn(REASONS, code)
    ? REASONS[/** @type {Code} */ (code)]
    : code.charAt(0) + code.slice(1).toLowerCase().replaceAll('_', ' ')

/** @param {number} accepted */
export const pagesInWords = (accepted) =>
  accepted === 1 ? 'Page event' : `${accepted} page events`
