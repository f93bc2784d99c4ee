/** What is remembered of a recorded call. */
export interface Seen {
  callId: string
  /** Tells whether an event with the same key says the same. */
  digest: string
}

/** Remembers recorded calls for ten minutes (contract section 8). The database is the judge; this only spares it work. */
export interface ReplayCache {
  /** @param waitedMs how long the request has waited for the shared store before */
  get(key: string, waitedMs?: number): Seen | undefined | Promise<Seen | undefined>
  /** Called once the row is committed, never before. Key and expiry are set together; nobody waits for it. */
  set(key: string, seen: Seen): void
}
