import { REPLAY_TTL } from '@opsmantik/tracker/contract'
import type { ReplayCache, Seen } from './replay-cache.js'

/** Keys at a time: some 30 MB at the most. */
const MAX_KEYS = 100_000

/** All entries live equally long, so the map's order is the order in which they end, and no timer is needed. */
export const createMemoryReplayCache = (
  now: () => number = Date.now,
  maxKeys: number = MAX_KEYS,
): ReplayCache => {
  const entries = new Map<string, { seen: Seen; ends: number }>()
  return {
    get: (key) => {
      const entry = entries.get(key)
      return entry !== undefined && now() < entry.ends ? entry.seen : undefined
    },
    set: (key, seen) => {
      entries.delete(key)
      entries.set(key, { seen, ends: now() + REPLAY_TTL })
      for (const [oldest, { ends }] of entries) {
        if (now() < ends && entries.size <= maxKeys) break
        entries.delete(oldest)
      }
    },
  }
}
