import type { SharedRedis } from '../redis/shared-redis.js'
import { createBatcher } from '../store/batcher.js'
import { limitKey } from './limit-key.js'
import type { Count, Limiter, LimitKind, Tally } from './limiter.js'
import { WINDOW_MS } from './windows.js'

/**
 * Counts and says when each window ends. A window's end is set with its first count, in the same step, so that no
 * bucket can stay for ever. Keys share a hash tag: a cluster keeps them on one node, as one script needs.
 */
const COUNT = `
local replies = {}
for i, key in ipairs(KEYS) do
  local count = redis.call('INCR', key)
  local left = redis.call('PTTL', key)
  if left < 0 then
    redis.call('PEXPIRE', key, ARGV[1])
    left = tonumber(ARGV[1])
  end
  replies[2 * i - 1] = count
  replies[2 * i] = left
end
return replies`

/**
 * Limits that all processes share. Our own lines rather than rate-limiter-flexible's Redis limiter, which sends a
 * command for each count: four a request. Here the counts of concurrent requests go in one command, which is what keeps
 * Redis within a tenth of a request's cost (bench/server). Without Redis, `insurance` counts.
 */
export const createRedisLimiter = (
  redis: SharedRedis,
  limits: Record<LimitKind, number>,
  insurance: Limiter,
): Limiter => {
  const countAll = createBatcher<readonly Count[], Tally[]>(
    async (requests) => {
      const keys = requests
        .flat()
        .map(({ kind, key }) => `{opsmantik}:limit:${limitKey(kind)}|${key}`)
      const [reply] = await redis.send([
        ['EVAL', COUNT, String(keys.length), ...keys, String(WINDOW_MS)],
      ])
      const numbers = (reply as (number | string)[]).map(Number)
      let at = 0
      return requests.map((counts) =>
        counts.map(({ kind }) => {
          const [count = 0, resetMs = 0] = numbers.slice(at, (at += 2))
          const limit = limits[kind]
          return {
            kind,
            limit,
            remaining: Math.max(0, limit - count),
            resetMs,
            refused: count > limit,
          }
        }),
      )
    },
    () => false,
  )
  return {
    mode: () => (redis.isUp() ? 'redis' : 'degraded'),
    take: async (counts) => {
      if (!redis.isUp()) return insurance.take(counts)
      try {
        return await countAll(counts)
      } catch {
        return insurance.take(counts)
      }
    },
  }
}
