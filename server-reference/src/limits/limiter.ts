import type { RATE_LIMITS } from '@opsmantik/tracker/contract'

export type LimitKind = keyof typeof RATE_LIMITS

/** One request to be counted against one bucket. */
export interface Count {
  kind: LimitKind
  key: string
}

/** What is left of a bucket after a count. */
export interface Tally {
  kind: LimitKind
  limit: number
  remaining: number
  /** Milliseconds until the bucket is full again. */
  resetMs: number
  refused: boolean
}

/** Counts requests per minute (contract section 9). All counts of one step come together: a shared store needs one trip. */
export interface Limiter {
  /** As health shows it. */
  mode(): 'redis' | 'memory' | 'degraded'
  take(counts: readonly Count[]): Tally[] | Promise<Tally[]>
}
