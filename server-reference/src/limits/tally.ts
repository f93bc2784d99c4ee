import type { LimitKind, Tally } from './limiter.js'

/** Returns what is left of a bucket after `count` of `limit`. */
export const tallyOf = (kind: LimitKind, limit: number, count: number, resetMs: number): Tally => ({
  kind,
  limit,
  remaining: Math.max(0, limit - count),
  resetMs,
  refused: count > limit,
})
