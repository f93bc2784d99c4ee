import type { Store } from './storage.js'

/**
 * An event that is kept until an answer says it may be forgotten. Each has a key of its own: a tab adds, changes and
 * removes its own keys and cannot overwrite what another tab has just added, which a list under one key would.
 */
export interface Entry {
  id: string
  /** The request body, the same characters on every try. */
  body: string
  /** Milliseconds: when it happened. */
  at: number
  /** Tries in a row that failed; negative if the last was a refusal of the configuration. */
  tries: number
  /**
   * Milliseconds: not to be tried before. While a try is under way this is its lease; its fraction is random, so that
   * it also tells who took the lease.
   */
  next: number
}

/** What waits. The store's other keys, and what somebody else wrote under our name, are passed over. */
export const entries = (store: Store): Entry[] =>
  store
    .keys()
    .map((key) => store.load<Entry>(key)!)
    .filter((entry) => entry && entry.body)
