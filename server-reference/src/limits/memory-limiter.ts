import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Count, Limiter, LimitKind, Tally } from './limiter.js'

const WINDOW_SECONDS = 60
/** Buckets of one kind at a time: some 10 MB when somebody makes up an address per request. */
const MAX_BUCKETS = 50_000

/** Limits in this process's memory. */
export const createMemoryLimiter = (
  limits: Record<LimitKind, number>,
  maxBuckets: number = MAX_BUCKETS,
): Limiter => {
  const kinds = new Map<LimitKind, ReturnType<typeof boundedBuckets>>()
  for (const kind of Object.keys(limits) as LimitKind[])
    kinds.set(kind, boundedBuckets(limits[kind], maxBuckets))

  const count = async ({ kind, key }: Count): Promise<Tally> => {
    const result = await kinds.get(kind)!(key)
    return {
      kind,
      limit: limits[kind],
      remaining: result.remainingPoints,
      resetMs: result.msBeforeNext,
      refused: result.consumedPoints > limits[kind],
    }
  }
  return {
    mode: () => 'memory',
    take: (counts) => Promise.all(counts.map(count)),
  }
}

/**
 * rate-limiter-flexible keeps as many keys as it is given. Windows are all as long, so the order in which they began
 * is the order in which they end: the oldest key is the one to give up.
 */
const boundedBuckets = (
  points: number,
  maxBuckets: number,
): ((key: string) => Promise<RateLimiterRes>) => {
  const limiter = new RateLimiterMemory({ points, duration: WINDOW_SECONDS, keyPrefix: '' })
  const began = new Map<string, number>()
  return async (key) => {
    const result = await limiter.consume(key).catch((refusal: unknown) => {
      if (refusal instanceof RateLimiterRes) return refusal
      throw refusal
    })
    if (result.isFirstInDuration) {
      const now = Date.now()
      began.delete(key)
      began.set(key, now)
      for (const [oldest, time] of began) {
        if (time + WINDOW_SECONDS * 1000 > now && began.size <= maxBuckets) break
        began.delete(oldest)
        if (oldest !== key) void limiter.delete(oldest)
      }
    }
    return result
  }
}
