/**
 * What is known of an event that is kept until a response says that it may be forgotten; without `t` it may be. It is
 * stored under its id, a UUID version 7, whose time is the time of the press. The names are short because both builds,
 * and every version, have to agree about what is stored.
 */
export interface Entry {
  /** Text: the request body, the same characters on every try. */
  t: string
  /** Next: milliseconds since the epoch, not to be tried before. While a try is under way this is its lease. */
  n: number
  /** Failures: tries in a row that failed; negative if the last was a refusal of the configuration. */
  f: number
  /** Version: one more with each change. A change whose version is not above what is stored comes too late: another page has taken over. */
  v: number
}

/**
 * How long a try keeps every page, including the one that is trying, from trying the same event: a little longer than a
 * request may take. It is stored, so a page that is frozen or killed during the request leaves nothing behind that somebody
 * would have to clear.
 */
export const LEASE_MS = 12_000
