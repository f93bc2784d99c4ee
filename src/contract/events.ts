/** A page or session event as it travels (contract section 10). */
export interface SyncEvent {
  /** Site id. */
  s: string
  /** Page URL. */
  u: string
  /** Session id. */
  sid: string
  /** The session's month, `YYYY-MM-01`. */
  sm: string
  /** Category, action, label, value. */
  ec: string
  ea: string
  el?: string | null
  ev?: number | string | null
  /** Referrer. */
  r?: string | null
  /** `fp` is the fingerprint that ties a call to this session. */
  meta?: { fp?: string } & Record<string, unknown>
  event_id?: string
}

/** The body of the response to a recorded call event (contract section 7). */
export type CallAnswer =
  | { status: 'matched'; call_id: string; session_id: string; request_id: string }
  | { status: 'unmatched'; call_id: string; session_id: null; request_id: string }
  | { status: 'noop'; call_id?: string; request_id: string }

/** The body of every refusal (contract section 7). */
export interface RefusalAnswer {
  error: string
  code: string
  request_id: string
  /** On 401: the server's time in Unix seconds, so that a client with a wrong clock can sign again. */
  server_ts?: number
  /** On 403: the origin as received. */
  origin?: string
  /** On 400 `INVALID_BODY`: each invalid field. */
  issues?: { path: string; message: string }[]
  /** On 429: seconds to wait before a retry. */
  retry_after?: number
}

/** A message of the live feed (contract section 12). */
export type LiveMessage =
  | {
      type: 'call'
      /** Position in the feed, for `?after=`. */
      id: string
      /** Milliseconds since the epoch. */
      at: number
      call_id: string
      session_id: string | null
      site_id: string
      status: 'matched' | 'unmatched'
      /** Milliseconds since the epoch: the time of the press (section 6). Absent from servers before contract 1.0. */
      occurred_at?: number
      /** This call was sent before without a session, which became known later (section 7). */
      matched_later?: true
      endpoint: string
      action: string | null
      target: string | null
      page_url: string | null
    }
  | {
      type: 'refused'
      id: string
      at: number
      status: number
      code: string
      endpoint: string
      origin?: string
      hint: string
    }
  | { type: 'sync'; id: string; at: number; site_id: string; accepted: number; page_url: string }
