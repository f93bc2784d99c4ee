import { SIGNED } from './build.js'
import type { Fault } from './faults.js'

/** A response, apart from its body. `Response.error()` is one: no response (offline, DNS, CORS, abort, timeout). */
export interface ResponseHead {
  /** HTTP status; 0 if there was no response. */
  status: number
  headers: { get(name: string): string | null }
  redirected?: boolean
}

/**
 * Describes what a client does with an event after a response (contract section 13).
 * - `delivered`: recorded; forget it. `duplicate`: recorded before; forget it
 * - `queued`: keep it and retry. With `fault: 'configuration'` rarely; with `serverTs` (Unix seconds) correct the clock,
 *   sign again and resend immediately, once
 * - `dropped`: the event itself is refused with the code in `reason`; forget it
 */
export interface ResponseVerdict {
  status: 'delivered' | 'duplicate' | 'queued' | 'dropped'
  /** The row of the outcome table that the response falls under. */
  fault: Fault
  /** With `queued` and `dropped`: the contract's code; the HTTP status if there is none or the path is at fault. */
  reason?: string | undefined
  serverTs?: number | undefined
}

/**
 * Applies the outcome table (`FAULTS`, contract section 13) to a response.
 *
 * An event is dropped only for a fault of its own. A wrong configuration is fixed sooner or later, so everything else
 * is kept, including HTML with any status (captive portal, firewall, parked domain) and a 4xx without one of the
 * contract's codes. These are upper-case constants; WordPress with the plugin switched off responds 404 with
 * `"code":"rest_no_route"`.
 */
export const judge = (
  { status, redirected, headers }: ResponseHead,
  text: string,
): ResponseVerdict => {
  // A redirect may have turned the POST into a GET, so the responding server may not have seen the event.
  const got = '' + (redirected ? 308 : status)
  let body: { status?: unknown; code?: unknown; server_ts?: unknown } = {}
  try {
    body = Object(JSON.parse(text))
  } catch {
    // No JSON: the status alone decides.
  }
  const isHtml = /html/i.test(headers.get('Content-Type') + text.slice(0, 20))
  const code = (isHtml ? '' : /^[A-Z][A-Z\d_]+$/.exec(body.code as string)) || ''
  const known = got + code
  const fault =
    !isHtml && known[0] === '2'
      ? 'nothing'
      : /^(0|408|425|429|5)/.test(known)
        ? 'path'
        : /^(400INVALID_(JSON|BODY)|413PAYLOAD_TOO_LARGE)$/.test(known)
          ? 'event'
          : SIGNED && known === '401SIGNATURE_TIMESTAMP_INVALID' && +body.server_ts! > 0
            ? 'clock'
            : 'configuration'
  return {
    status:
      fault === 'nothing'
        ? body.status === 'noop'
          ? 'duplicate'
          : 'delivered'
        : fault === 'event'
          ? 'dropped'
          : 'queued',
    fault,
    reason: fault === 'nothing' ? undefined : '' + ((fault !== 'path' && code) || got),
    serverTs: SIGNED && fault === 'clock' ? +body.server_ts! : undefined,
  }
}
