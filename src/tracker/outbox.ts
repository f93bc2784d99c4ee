import { SITE_ID } from '../contract/identifiers.js'
import { RETRY_AFTER_MAX_MS } from '../contract/limits.js'
import { quietly } from './quietly.js'
import { unseal } from './seal.js'

/** An event that is kept until a response says that it may be forgotten. It is stored under its `id`. */
export interface Entry {
  /** A UUID version 7, whose time is the time of the press. */
  id: string
  /** The request body, the same characters on every try, with a checksum in front. */
  text: string
  /** Milliseconds since the epoch: not to be tried before. While a try is under way this is its lease. */
  next: number
  /** Tries in a row that failed; negative if the last was a refusal of the configuration. */
  failures: number
}

/**
 * How long a try keeps every page, including the one that is trying, from trying the same event: a little longer than a
 * request may take. It is stored, so a page that is frozen or killed during the request leaves nothing behind that somebody
 * would have to clear.
 */
export const LEASE_MS = 12_000

/** Tells whether this is an event that we stored, under its own id: foreign code and faults leave all kinds of things. */
export const isEntry = (entry: Entry): boolean | undefined =>
  quietly(() => SITE_ID.test(entry.id) && unseal(entry.text).includes(`"event_id":"${entry.id}"`))

/** Returns the milliseconds until an entry is due. A time further away than any can be is due: a clock was set back. */
export const msUntilDue = (entry: Entry, now: number): number => {
  const ms = entry.next - now
  return ms < RETRY_AFTER_MAX_MS + LEASE_MS ? ms : 0
}
