/** A fact that the server saw: the script loaded, a page event or a call recorded, a preflight or a request refused. */
export type SightingKind = 'script' | 'page_view' | 'press' | 'preflight' | 'refused'

interface Seen {
  kind: SightingKind
  /** The request's path. */
  endpoint: string
  /** Empty if it was not refused. */
  code: string
  status: number
  /** Empty if there was none. */
  origin: string
  /** The host that a first-party proxy names; empty if there is no proxy. */
  proxyHost: string
  /** False: the request only claims to be of this site. */
  isVerified: boolean
  count: number
  /** Milliseconds since the epoch. */
  firstAt: number
  lastAt: number
}

/** Requests of one kind with one outcome, before it is known which site they belong to. */
export interface NewSighting extends Seen {
  /** 32 hex digits of the id that the request claims; null if it claims none, or its site is known. */
  claimed: string | null
  /** The UUID of the site that it belongs to, unless it claims another one that exists; null if none is known. */
  siteId: string | null
}

/** The same as it was stored. */
export interface Sighting extends Seen {
  /** Null: no site can be named. */
  siteId: string | null
}

/** Rows that are kept of each kind for each site, newest first, and for how long. */
export const SIGHTINGS_KEPT = 20
export const SIGHTINGS_DAYS = 30
