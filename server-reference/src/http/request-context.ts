import type { CallEvent, Code, SyncEvent } from '@opsmantik/tracker/contract'
import type { Opened } from '../access/access.js'
import type { Count, Tally } from '../limits/limiter.js'
import type { Detail } from '../live/detail.js'
import type { RecordedCall } from '../store/store.js'
import type { Answer } from './answer.js'

/** The bytes of a body, or the reason for their absence. */
export type ReadBody = Uint8Array | 'too large' | 'broken off'

/**
 * One request and what the steps have found out about it. An adapter extends it with the request itself: node:http's
 * (`node-context.ts`) or the web's (`web-context.ts`). One object for both, because a second one and the `Request`
 * class cost more than all steps together (docs/decisions/server-speed.md).
 */
export abstract class RequestContext {
  abstract readonly method: string
  /** Path and query, as received. */
  abstract readonly target: string
  /** The path without the query; the router writes it as the route has it. */
  abstract path: string
  /** The socket's address; undefined if there is no socket. */
  abstract readonly remoteAddress: string | undefined
  /** Returns a header by its name in lower case. Repeated headers are joined by `, `. */
  abstract header(name: string): string | undefined
  /** Returns names and values of the headers as received, for the live console. */
  abstract headerPairs(): [string, string][]
  /** Reads the body and counts its bytes: byte `max + 1` ends the reading, regardless of `Content-Length`. */
  abstract readBody(max: number): ReadBody | Promise<ReadBody>
  /** Closes the connection without an answer. */
  abstract hangUp(): void

  requestId = ''
  /** CORS headers of any response to this request; names and values in turn. */
  cors: readonly string[] = []
  /** Why the request was refused, for the log and the live feed. */
  refusal: Code | undefined = undefined
  /** The outcome of a request that was not refused, unless it is `ok`. */
  outcome: string | undefined = undefined
  /** A sync request without an origin: its signature has to hold (section 2). */
  isSignatureDemanded = false
  /** The body's bytes, exactly as received. */
  body: Uint8Array | undefined = undefined
  /** The body as text, once it is known to be valid UTF-8; a byte order mark is still in it. */
  text: string | undefined = undefined
  /** The client's address, as limits count it. */
  address = ''
  /** Address and user agent, as one part of a limit's key. */
  client = ''
  tallies: readonly Tally[] | undefined = undefined
  /** The counts of step 9 if the signature is valid, already sent to the shared store. */
  expectedCounts: readonly Count[] | undefined = undefined
  /** Milliseconds that this request has waited for the store that processes share. */
  storeWaitedMs = 0
  /** The UUID of the site that signed. */
  signedSite: string | undefined = undefined
  /** The access that the request's token grants; only for reading. */
  opened: Opened | undefined = undefined
  event: CallEvent | undefined = undefined
  syncEvents: SyncEvent[] | undefined = undefined
  /** They came as `{"events": […]}`, also if there is only one. */
  isBatch = false
  /** The UUID of the body's site. */
  siteId: string | undefined = undefined
  /** The UUID of each sync event's site. */
  siteIds: string[] | undefined = undefined
  /** Hex digest of the event's content. */
  digest: string | undefined = undefined
  /** Identifies an event without event_id, if anything does. */
  replayKey: string | null = null
  /** The replay cache's key for this event, unless the cache knew it. */
  seenAs: string | undefined = undefined
  recorded: RecordedCall | undefined = undefined
  /** Lets the next equal event have its turn. */
  endTurn: (() => void) | undefined = undefined
  /** Runs once the answer is on its way. */
  afterAnswer: ((context: RequestContext) => void) | undefined = undefined
  /** Resolves with what the live console shows of this request; in development only. */
  detail: Promise<Detail> | undefined = undefined
}

/** An answer, or undefined: then the next step runs. */
export type Verdict = Answer | undefined
