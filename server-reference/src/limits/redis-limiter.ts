import type { SharedRedis } from '../redis/shared-redis.js'
import { withinPatience } from '../redis/within-patience.js'
import { createBuckets, type Bucket } from './buckets.js'
import { createCountSender, type CountReply } from './count-sender.js'
import type { Count, Limiter, LimitKind, Tally } from './limiter.js'
import { tallyOf } from './tally.js'

/**
 * Creates the limiter that all processes share. It does not use rate-limiter-flexible's Redis limiter, which sends a
 * command for each count and makes a request wait for its counts one after the other.
 *
 * A request waits for Redis only for a bucket that this process has not heard of in this minute, or that is close to
 * its limit. Otherwise the count is added to what Redis said last, and sent with the next command. Within one process
 * limits are therefore exact; several processes can together exceed one by what they let pass in the milliseconds
 * before they hear of each other. Without Redis, `insurance` counts.
 */
export const createRedisLimiter = (
  redis: SharedRedis,
  limits: Record<LimitKind, number>,
  insurance: Limiter,
): Limiter => {
  const buckets = createBuckets()
  const sender = createCountSender(redis, buckets.forget)

  const bucketOf = (count: Count): Bucket =>
    (count.bucket ??= buckets.at(keyOf(count), count.owner))
  const ask = (counts: readonly Count[]): Promise<Tally[]> =>
    new Promise((resolve) => {
      const items = counts.map((count) => ({
        bucket: bucketOf(count),
        limit: limits[count.kind],
        weight: count.weight ?? 1,
      }))
      // Another reply may make a bucket known before this one comes.
      for (const { bucket, weight } of items) bucket.asked += weight
      const settled = (): void => {
        for (const { bucket, weight } of items) bucket.asked -= weight
      }
      sender.ask({
        owner: counts[0]!.owner,
        since: performance.now(),
        items,
        done: (replies) => {
          settled()
          resolve(upToRefusal(counts, limits, replies))
        },
        failed: () => {
          settled()
          resolve(insurance.take(counts))
        },
      })
    })

  return {
    mode: () => (redis.isUp() ? 'redis' : 'degraded'),
    take: (counts, waitedMs = 0) => {
      if (!redis.isUp()) return insurance.take(counts)
      const now = performance.now()
      for (const count of counts)
        if (!hasRoom(bucketOf(count), limits[count.kind], count.weight ?? 1, now))
          return withinPatience(redis, waitedMs, ask(counts), () => insurance.take(counts))
      const tallies: Tally[] = []
      for (const count of counts) {
        const bucket = bucketOf(count)
        sender.add(bucket, count.weight ?? 1)
        const { kind } = count
        tallies.push(tallyOf(kind, limits[kind], bucket.count + bucket.own, bucket.ends - now))
      }
      return tallies
    },
    expect: (counts) => {
      if (!redis.isUp()) return
      const now = performance.now()
      for (const count of counts) {
        const bucket = bucketOf(count)
        if (now >= bucket.ends) sender.look(bucket)
      }
    },
  }
}

const keyOf = ({ kind, owner, key }: Count): string => `opsmantik:{${owner}}:limit:${kind}|${key}`

/**
 * Returns true if the bucket is known and so far from its limit that the requests of other processes meanwhile do not
 * matter.
 */
const hasRoom = (
  { count, own, asked, ends }: Bucket,
  limit: number,
  weight: number,
  now: number,
): boolean => now < ends && limit - (count + own + asked + weight) >= Math.max(32, limit / 10)

const upToRefusal = (
  counts: readonly Count[],
  limits: Record<LimitKind, number>,
  replies: readonly CountReply[],
): Tally[] => {
  const tallies: Tally[] = []
  for (const [index, { kind }] of counts.entries()) {
    const { count, resetMs } = replies[index]!
    const tally = tallyOf(kind, limits[kind], count, resetMs)
    tallies.push(tally)
    if (tally.refused) break
  }
  return tallies
}
