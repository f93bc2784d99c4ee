/**
 * Holds an event that is kept until a response allows forgetting it; an entry without `t` may be forgotten. It is
 * stored under its id, a UUID version 7, whose time is the time of the press. The names are short because both builds,
 * and every version, have to agree about what is stored.
 */
export interface Entry {
  /** Text: the request body, the same characters on every try. */
  t: string
  /**
   * Next: the earliest time of the next try, in milliseconds since the epoch. While a try is under way this is its
   * lease.
   */
  n: number
  /** Failures: tries in a row that failed; negative if the last was a refusal of the configuration. */
  f: number
  /**
   * Version: one more with each change. A change whose version is not above the stored one comes too late: another page
   * has taken over.
   */
  v: number
}

/**
 * Milliseconds for which a try keeps every page, including its own, from trying the same event: a little longer than a
 * request may take. It is stored, so a page that is frozen or killed during the request leaves nothing behind that
 * would have to be cleared.
 */
export const LEASE_MS = 12_000
