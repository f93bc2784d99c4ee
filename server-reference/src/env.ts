import type { IncomingMessage } from 'node:http'
import type { CallEvent, Code, SyncEvent } from '@opsmantik/tracker/contract'
import type { Context } from 'hono'
import type { Tally } from './limits/limiter.js'
import type { RecordedCall } from './store/store.js'

/** What one step leaves for those after it. */
export interface Variables {
  requestId: string
  /** CORS headers of the answer, whatever it is. */
  cors: Record<string, string>
  /** Why the request was refused, for the log and the live feed. */
  refusal: Code
  /** What became of a request that was not refused, where that is more than `ok`. */
  outcome: string
  /** A sync request without an origin: its signature has to hold (section 2). */
  signatureDemanded: boolean
  /** The body's bytes, exactly as received. */
  body: Uint8Array
  /** The body as text, once it is known to be valid UTF-8; a byte order mark is still in it. */
  text: string
  /** Address and user agent, as one part of a limit's key. */
  client: string
  tallies: Tally[]
  /** The UUID of the site that signed. */
  signedSite: string
  event: CallEvent
  syncEvents: SyncEvent[]
  /** The UUID of the body's site, and of each sync event's. */
  siteId: string
  siteIds: string[]
  /** Hex digest of the event's content. */
  digest: string
  /** What identifies an event without event_id, if anything does. */
  replayKey: string | null
  /** Under which the replay cache knows the event; absent: it does not. */
  seenAs: string
  recorded: RecordedCall
  /** Lets the next equal event have its turn. */
  endTurn: () => void
}

/** The types that Hono hands from step to step. */
export interface Env {
  Bindings: {
    /** Node's request, when there is a socket. */
    incoming?: IncomingMessage
    /** The client's address where there is none (tests, other runtimes). */
    address?: string
  }
  Variables: Variables
}

export type Ctx = Context<Env>

/** An answer, or nothing: then the next step has its turn. */
export type Verdict = Response | undefined

/**
 * One check. Not a middleware that wraps the next one: a request passes fifteen of them, and as functions that are
 * called one after the other, most without a promise, they cost a quarter of that.
 */
export interface Step {
  (c: Ctx): Verdict | Promise<Verdict>
  /** Its place in the contract's order (section 5), for the console. */
  number?: number
}
