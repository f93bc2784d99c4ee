import type { CallEvent, SyncEvent } from '@opsmantik/tracker/contract'
import type { Reading } from './reading.js'

/** The signature headers and body of a request, as sent. */
export interface SignatureClaim {
  /** X-Ops-Site-Id: UUID or public id. */
  site: string
  /** X-Ops-Ts, character for character. */
  ts: string
  /** The body as text, byte for byte what was received. */
  body: string
  signature: string
}

/** Why a call is not counted: its user agent is a bot's, or its address one of the site's own. */
export type Mark = 'bot' | 'own'

/** A call that is to be recorded. */
export interface NewCall {
  siteId: string
  endpoint: string
  event: CallEvent
  /** Hex. Replaces the event_id if there is none; null if there is neither: then every event is new. */
  replayKey: string | null
  /** Hex. Says whether two events with one key have the same content. */
  digest: string
  /**
   * Why the call is not counted; it is recorded all the same.
   *
   * @default null: it is counted
   */
  marked?: Mark | null
}

export interface RecordedCall {
  callId: string
  /** The `sid` of the session it was matched to. */
  sessionId: string | null
  /** False: it was recorded before; `digest` is then the first one's. */
  inserted: boolean
  digest: string
  /** Milliseconds since the epoch: the time of the press. */
  occurredAt: number
  /** Microseconds since the epoch by the database's clock: the time of arrival. */
  recordedAt: number
}

/** A call as the live feed shows it. */
export interface ListedCall {
  callId: string
  siteId: string
  sessionId: string | null
  endpoint: string
  action: string | null
  target: string | null
  pageUrl: string | null
  /** As in RecordedCall. */
  occurredAt: number
  recordedAt: number
}

/** A call that was recorded without a session, and whose session became known later. */
export interface MatchedCall extends ListedCall {
  sessionId: string
}

/** A place in the order in which calls arrived. */
export interface CallCursor {
  recordedAt: number
  callId: string
}

export interface NewSync {
  siteId: string
  event: SyncEvent
}

/**
 * Defines everything that the server needs from a database. `verify` and `resolve` run as the role `anon`, the others
 * as `service_role` (contract section 3).
 */
export interface Store extends Reading {
  /** Returns the UUID of the site whose secret made the signature, or null. Throws if that cannot be determined. */
  verify(claim: SignatureClaim): Promise<string | null>
  /** Returns the UUID of the site with this identifier, or null. */
  resolve(identifier: string): Promise<string | null>
  /** Resolves once the row is committed, be it this call's or the earlier one's with its key. */
  recordCall(call: NewCall): Promise<RecordedCall>
  /** Records all of the events, or none and rejects. */
  recordSync(events: readonly NewSync[]): Promise<void>
  /**
   * Returns the calls behind the cursor, in the order of their arrival by the database's clock, at most `CALLS_PAGE`
   * (store/calls-after.ts). That is not the order of their commits: one that is behind the cursor already may still
   * become visible.
   */
  callsAfter(cursor: CallCursor): Promise<ListedCall[]>
  /** Returns the position of the newest call, or null if there is none. */
  latestCall(): Promise<CallCursor | null>
  /** Calls `listener` with each call that is matched after it was recorded. Replaces the former listener. */
  onLateMatch(listener: (call: MatchedCall) => void): void
  ping(): Promise<void>
  close(): Promise<void>
}
