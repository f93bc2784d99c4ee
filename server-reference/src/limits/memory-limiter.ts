import type { Limiter, LimitKind } from './limiter.js'
import { createWindows } from './windows.js'

/** Buckets of one kind at a time: some 10 MB when somebody makes up an address per request. */
const MAX_BUCKETS = 50_000

/** Limits in this process's memory. */
export const createMemoryLimiter = (
  limits: Record<LimitKind, number>,
  maxBuckets: number = MAX_BUCKETS,
): Limiter => {
  const kinds = new Map<LimitKind, ReturnType<typeof createWindows>>()
  for (const kind of Object.keys(limits) as LimitKind[]) kinds.set(kind, createWindows(maxBuckets))
  return {
    mode: () => 'memory',
    take: (counts) =>
      counts.map(({ kind, key }) => {
        const { count, resetMs } = kinds.get(kind)!(key)
        const limit = limits[kind]
        return {
          kind,
          limit,
          remaining: Math.max(0, limit - count),
          resetMs,
          refused: count > limit,
        }
      }),
  }
}
