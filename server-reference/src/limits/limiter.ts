import type { RATE_LIMITS } from '@opsmantik/tracker/contract'
import type { Bucket } from './buckets.js'

export type LimitKind = keyof typeof RATE_LIMITS

/** One request, or the events of one batch, to be counted against one bucket. */
export interface Count {
  kind: LimitKind
  /**
   * The site or address that the bucket belongs to. Buckets of one owner are on one node of a Redis Cluster, so the
   * counts of one step, which one command takes together, all have the same owner.
   */
  owner: string
  /** Distinguishes this owner's buckets of one kind, made by `limitKey`; empty if there is only one. */
  key: string
  /**
   * The amount that is counted.
   *
   * @default 1
   */
  weight?: number
  /** Set by a limiter with a shared store, so that it looks its bucket up once for announcing and counting it. */
  bucket?: Bucket
}

/** The state of a bucket after a count. */
export interface Tally {
  kind: LimitKind
  limit: number
  remaining: number
  /** Milliseconds until the bucket is full again. */
  resetMs: number
  refused: boolean
}

/** Counts requests per minute (contract section 9). */
export interface Limiter {
  /** Returns the mode as health shows it. */
  mode(): 'redis' | 'memory' | 'degraded'
  /**
   * Counts in the given order and stops at the first bucket that refuses, so that one client's refused requests do not
   * use up the bucket of its whole site. Returns a tally for each bucket that was counted. All counts have one owner.
   *
   * @param waitedMs milliseconds for which the request has already waited for the shared store
   */
  take(counts: readonly Count[], waitedMs?: number): Tally[] | Promise<Tally[]>
  /**
   * Announces buckets of one owner that will probably be counted soon, so that a shared store can be asked while the
   * request waits for something else. Counts nothing.
   */
  expect?(counts: readonly Count[]): void
}
