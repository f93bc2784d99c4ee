import type { Store } from './storage.js'

/** An event that is kept until an answer says it may be forgotten. */
export interface Entry {
  id: string
  /** The request body, the same characters on every try. */
  body: string
  /** Milliseconds: when it happened. */
  at: number
  /** Tries that failed. */
  tries: number
  /**
   * Milliseconds: not to be tried before. While a try is under way this is its lease; its fraction is random, so that
   * it also tells who took the lease.
   */
  next: number
}

/** Where entries are kept. Small, so that another storage can take its place. */
export interface Outbox {
  list(): Entry[]
  get(id: string): Entry | undefined
  put(entry: Entry): void
  remove(id: string): void
}

/**
 * An outbox with a key for each entry: a tab adds, changes and removes its own keys and cannot overwrite what another
 * tab has just added, which a single array under one key would.
 */
export const createOutbox = (store: Store, siteId: string): Outbox => {
  const prefix = 'opsmantik:' + siteId + ':'
  return {
    list: () =>
      store
        .keys()
        .filter((key) => key.startsWith(prefix))
        .map((key) => store.load<Entry>(key)!)
        .filter((entry) => entry && entry.body),
    get: (id) => store.load(prefix + id),
    put: (entry) => store.save(prefix + entry.id, entry),
    remove: (id) => store.drop(prefix + id),
  }
}
