/** What came back for one request, reduced to what decides. */
export interface Answer {
  /** HTTP status; 0 when no answer came (offline, DNS, CORS, abort, time-out). */
  status: number
  /** The body, or empty. */
  text: string
  headers: { get(name: string): string | null }
}

/**
 * What a client does with an answer (contract section 13).
 * - `delivered`: recorded; forget it. `duplicate`: recorded before; forget it
 * - `queued`: keep it, try again later. With `serverTs` (Unix seconds): correct the clock, sign again, once at once
 * - `dropped`: the server understood and refused with the code in `reason`; forget it
 */
export interface Verdict {
  status: 'delivered' | 'duplicate' | 'queued' | 'dropped'
  /** With `dropped` the server's code, with `queued` the HTTP status. */
  reason?: string
  serverTs?: number
}

/**
 * The outcome table of contract section 13.
 *
 * Only an answer that speaks this contract can make a client forget an event. A page of HTML (captive portal, firewall,
 * parked domain) and a 4xx without one of the contract's codes come from something in between. The contract's codes are
 * upper-case constants: WordPress with the plugin switched off answers 404 with `"code":"rest_no_route"`, which must
 * not count.
 */
export const judge = ({ status, text, headers }: Answer): Verdict => {
  const reason = '' + status
  let body: { status?: unknown; code?: unknown; server_ts?: unknown } = {}
  try {
    body = Object(JSON.parse(text))
  } catch {
    // No JSON: the status alone decides.
  }
  const code = '' + body.code
  if (!/html/i.test(headers.get('Content-Type') + text.slice(0, 20))) {
    if (reason.startsWith('2'))
      return { status: body.status === 'noop' ? 'duplicate' : 'delivered' }
    if (/^4(?!08|25|29)/.test(reason) && /^[A-Z][A-Z\d_]+$/.test(code))
      return code === 'SIGNATURE_TIMESTAMP_INVALID' && body.server_ts
        ? { status: 'queued', reason: code, serverTs: +body.server_ts }
        : { status: 'dropped', reason: code }
  }
  return { status: 'queued', reason }
}
