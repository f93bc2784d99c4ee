import { REPLAY_TTL_MS } from '@opsmantik/tracker/contract'
import type { ReplayCache, Seen } from './replay-cache.js'

/** Keys at a time: some 30 MB at the most. */
const MAX_KEYS = 100_000
/** New keys after which those that have ended are dropped. */
const SWEEP_EVERY = 64

/**
 * Creates a replay cache in memory. All entries live equally long, so the map's order is the order in which they
 * expire, and no timer is needed. Garbage collections copy a value that lives for ten minutes until it is old, so an
 * entry has only the fields that it needs.
 */
export const createMemoryReplayCache = (
  now: () => number = Date.now,
  maxKeys: number = MAX_KEYS,
): ReplayCache => {
  const entries = new Map<string, Seen & { ends: number }>()
  let untilSweep = SWEEP_EVERY
  return {
    get: (key) => {
      const entry = entries.get(key)
      return entry !== undefined && now() < entry.ends ? entry : undefined
    },
    set: (key, { callId, digest }) => {
      const time = now()
      entries.delete(key)
      entries.set(key, { callId, digest, ends: time + REPLAY_TTL_MS })
      if (--untilSweep > 0 && entries.size <= maxKeys) return
      untilSweep = SWEEP_EVERY
      for (const [oldest, { ends }] of entries) {
        if (time < ends && entries.size <= maxKeys) break
        entries.delete(oldest)
      }
    },
  }
}
