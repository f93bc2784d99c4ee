import type { Fault } from './faults.js'

/** A response to one request, reduced to what decides. */
export interface Answer {
  /** HTTP status; 0 if there was no response (offline, DNS, CORS, abort, timeout). */
  status: number
  /** The body, or empty. */
  text: string
  headers: { get(name: string): string | null }
}

/**
 * What a client does with a response (contract section 13).
 * - `delivered`: recorded; forget it. `duplicate`: recorded before; forget it
 * - `queued`: keep it and retry. With `fault: 'configuration'` rarely; with `serverTs` (Unix seconds) correct the clock,
 *   sign again and resend immediately, once
 * - `dropped`: the event itself is refused with the code in `reason`; forget it
 */
export interface Verdict {
  status: 'delivered' | 'duplicate' | 'queued' | 'dropped'
  /** The row of the outcome table that the response falls under. */
  fault: Fault
  /** With `queued` and `dropped`: the contract's code; the HTTP status if there is none or the path is at fault. */
  reason?: string
  serverTs?: number
}

/**
 * Applies the outcome table (`FAULTS`, contract section 13) to a response.
 *
 * Only what is wrong with the event itself drops it. A configuration is fixed some day, so everything else is kept,
 * including HTML with any status (captive portal, firewall, parked domain) and a 4xx without one of the contract's codes.
 * These are upper-case constants; WordPress with the plugin switched off responds 404 with `"code":"rest_no_route"`.
 */
export const judge = ({ status, text, headers }: Answer): Verdict => {
  let body: { status?: unknown; code?: unknown; server_ts?: unknown } = {}
  try {
    body = Object(JSON.parse(text))
  } catch {
    // No JSON: the status alone decides.
  }
  const isHtml = /html/i.test(headers.get('Content-Type') + text.slice(0, 20))
  const code = isHtml || !/^[A-Z][A-Z\d_]+$/.test(body.code as string) ? '' : body.code
  const known = '' + status + code
  const fault =
    !isHtml && /^2../.test(known)
      ? 'nothing'
      : /^(0|408|425|429|5..)/.test(known)
        ? 'path'
        : /^(400INVALID_(JSON|BODY)|413PAYLOAD_TOO_LARGE)$/.test(known)
          ? 'event'
          : known === '401SIGNATURE_TIMESTAMP_INVALID' && +body.server_ts! > 0
            ? 'clock'
            : 'configuration'
  const verdict: Verdict = {
    status: 'queued',
    fault,
    reason: '' + ((fault !== 'path' && code) || status),
  }
  if (fault === 'nothing')
    return { status: body.status === 'noop' ? 'duplicate' : 'delivered', fault }
  if (fault === 'event') verdict.status = 'dropped'
  if (fault === 'clock') verdict.serverTs = +body.server_ts!
  return verdict
}
