import { REPLAY_TTL } from '@opsmantik/tracker/contract'
import type { SharedRedis } from '../redis/shared-redis.js'
import { createBatcher } from '../store/batcher.js'
import type { ReplayCache, Seen } from './replay-cache.js'

/** A key and its expiry are one command each; a script sends many of them at once. */
const REMEMBER = `
for i, key in ipairs(KEYS) do
  redis.call('SET', key, ARGV[i + 1], 'PX', ARGV[1])
end`

const keyOf = (key: string): string => `{opsmantik}:seen:${key}`

/**
 * Recorded calls that all processes know of. What this process has recorded itself it knows anyway (`own`), and that
 * is all there is while Redis is away: the database is the judge.
 */
export const createRedisReplayCache = (redis: SharedRedis, own: ReplayCache): ReplayCache => {
  const getAll = createBatcher<string, string | null>(
    async (keys) => {
      const [reply] = await redis.send([['MGET', ...keys.map(keyOf)]])
      return reply as (string | null)[]
    },
    () => false,
  )
  const setAll = createBatcher<readonly [string, Seen], undefined>(
    async (entries) => {
      const keys = entries.map(([key]) => keyOf(key))
      const values = entries.map(([, { callId, digest }]) => `${callId}|${digest}`)
      await redis.send([
        ['EVAL', REMEMBER, String(keys.length), ...keys, String(REPLAY_TTL), ...values],
      ])
      return entries.map(() => undefined)
    },
    () => false,
  )
  return {
    get: async (key) => {
      const mine = await own.get(key)
      if (mine !== undefined || !redis.isUp()) return mine
      const found = await getAll(key).catch(() => null)
      const [callId, digest] = found?.split('|') ?? []
      return callId !== undefined && digest !== undefined ? { callId, digest } : undefined
    },
    set: (key, { callId, digest }) => {
      own.set(key, { callId, digest })
      if (redis.isUp()) setAll([key, { callId, digest }]).catch(() => {})
    },
  }
}
