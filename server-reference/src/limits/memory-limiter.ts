import type { Limiter, LimitKind, Tally } from './limiter.js'
import { tallyOf } from './tally.js'
import { createWindows } from './windows.js'

/** Maximum number of buckets of one kind: about 10 MB if an attacker uses a new address for each request. */
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
    take: (counts) => {
      const tallies: Tally[] = []
      const time = Date.now()
      for (const { kind, owner, key, weight = 1 } of counts) {
        const { count, ends } = kinds.get(kind)!(`${owner}|${key}`, weight, time)
        const tally = tallyOf(kind, limits[kind], count, ends - time)
        tallies.push(tally)
        if (tally.refused) break
      }
      return tallies
    },
  }
}
