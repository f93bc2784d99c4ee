/** The remembered facts of a recorded call. */
export interface Seen {
  callId: string
  /** Tells whether an event with the same key says the same. */
  digest: string
}

/** Remembers recorded calls for ten minutes (contract section 8). The database is the judge; this only spares it work. */
export interface ReplayCache {
  /**
   * The part of it that is in this process's memory, if there is another. Events with an event_id are looked up in it
   * alone: the database's unique index decides between them, and asking a shared store first costs each new event more
   * than it spares a repeated one.
   */
  own?: ReplayCache
  /** @param waitedMs how long the request has waited for the shared store before */
  get(key: string, waitedMs?: number): Seen | undefined | Promise<Seen | undefined>
  /**
   * Remembers a recorded call. Called once the row is committed, never before. Key and expiry are set together; no
   * request waits for it.
   */
  set(key: string, seen: Seen): void
}
