import type { NewSighting, Sighting } from './sighting.js'
import type { Mark } from './store.js'

/** A place in the order in which calls are read: newest press first. */
export interface ReadCursor {
  /** Microseconds since the epoch. */
  occurredUs: number
  callId: string
}

/** Selects the calls to read. */
export interface CallQuery {
  /** A site's UUID; null: all sites. */
  siteId: string | null
  /** Times of the press, milliseconds since the epoch: from this one on, and before that one. */
  from: number | null
  to: number | null
  action: string | null
  isMatched: boolean | null
  /** Text that the target or the page's URL contains, in either case. */
  search: string | null
  /** Only calls with a click id of Google Ads. */
  hasGoogleClick: boolean
  /** Also calls of bots and of the site's own networks. */
  withMarked: boolean
  /** Only calls behind this one. */
  after: ReadCursor | null
  /** Calls in the page, from 1 to `CALLS_READ_MAX`. */
  limit: number
}

/** Calls in one page, at most. */
export const CALLS_READ_MAX = 500

/** A recorded call as its owner reads it. */
export interface ReadCall {
  callId: string
  siteId: string
  sessionId: string | null
  fingerprint: string
  endpoint: string
  action: string | null
  target: string | null
  pageUrl: string | null
  clickId: string | null
  gclid: string | null
  gbraid: string | null
  wbraid: string | null
  value: number | null
  marked: Mark | null
  /** Microseconds since the epoch: the press, and the arrival by the database's clock. */
  occurredUs: number
  recordedUs: number
}

export interface CallPage {
  calls: ReadCall[]
  /** Cursor of the next page; null if there is none. */
  next: ReadCursor | null
}

/** A visit before a call, and what was looked at. */
export interface StoryVisit {
  sessionId: string
  entryUrl: string | null
  referrer: string | null
  /** Milliseconds since the epoch. */
  firstSeen: number
  lastSeen: number
  pages: { at: number; url: string; category: string; action: string }[]
}

export interface CallStory {
  call: ReadCall
  /** Newest first. */
  visits: StoryVisit[]
  /** Other calls of this visitor. */
  others: ReadCall[]
}

/** Calls counted by something; `bucket` is the number of the period between two of the query's bounds, from 0. */
export interface CallCount {
  by: 'kind' | 'page' | 'campaign' | 'site'
  bucket: number
  /** The action; the page; the campaign as `medium|source|campaign`; the site's UUID. */
  name: string
  count: number
}

export interface SummaryQuery {
  siteId: string | null
  /** Milliseconds since the epoch, ascending: the limits of the periods that are counted. */
  bounds: readonly number[]
  /** Pages, campaigns and sites are counted from this bound on, as one period. */
  from: number
}

/** Events that trackers had to drop, as they reported it with a later page view (`meta.drops`). */
export interface DropCount {
  siteId: string
  reason: string
  count: number
}

export interface NamedSite {
  id: string
  publicId: string
  name: string | null
}

/** A receiver of a site's calls, and the state of what is sent to it. Times are milliseconds since the epoch. */
export interface WebhookState {
  id: string
  siteId: string
  /** May contain a secret in its path. */
  url: string
  createdAt: number
  /** When the receiver said 410; null: it did not. */
  endedAt: number | null
  waiting: number
  delivered: number
  abandoned: number
  lastAttemptAt: number | null
  lastProblem: string | null
  nextAttemptAt: number | null
  lastDeliveredAt: number | null
}

/** Reads recorded data for the owners of a site. */
export interface Reading {
  /** Returns the UUID of the site that a token opens, or null. Takes the SHA-256 of the token in hex; runs as `anon`. */
  siteOfToken(digest: string): Promise<string | null>
  /** Returns the sites, of which one may be wanted, in the order of their creation. */
  sites(siteId: string | null): Promise<NamedSite[]>
  readCalls(query: CallQuery): Promise<CallPage>
  /** Returns a call with its visitor's history, or null if this site has no such call. */
  readStory(siteId: string | null, call: ReadCursor): Promise<CallStory | null>
  summariseCalls(query: SummaryQuery): Promise<CallCount[]>
  /** Counts the drops that were reported since a time (milliseconds since the epoch). */
  countDrops(siteId: string | null, since: number): Promise<DropCount[]>
  /** Adds what was seen to the rows of its sites, of which the newest are kept. */
  addSightings(seen: readonly NewSighting[]): Promise<void>
  /** Returns what was seen of a site, newest first; null: what no site can be named for. */
  readSightings(siteId: string | null): Promise<Sighting[]>
  webhooks(siteId: string | null): Promise<WebhookState[]>
  /**
   * Queues the abandoned deliveries of a receiver again, and reopens it if it had responded with 410. Returns their
   * number, or null if this site has no such receiver.
   *
   * @param who is written into the log of changes
   */
  resendAbandoned(siteId: string | null, webhookId: string, who: string): Promise<number | null>
}
