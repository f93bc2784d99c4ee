import type { IncomingMessage } from 'node:http'
import type { CallEvent, Code, SyncEvent } from '@opsmantik/tracker/contract'
import type { MiddlewareHandler } from 'hono'
import type { Tally } from './limits/limiter.js'
import type { RecordedCall } from './store/store.js'

/** What one step leaves for those after it. */
export interface Variables {
  requestId: string
  /** Why the request was refused, for the log and the live feed. */
  refusal: Code
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
  recorded: RecordedCall
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

export type Step = MiddlewareHandler<Env>
