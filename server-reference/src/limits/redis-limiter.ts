import { byTag } from '../redis/by-tag.js'
import type { RedisCommand } from '../redis/redis-link.js'
import { COUNT_SCRIPT } from '../redis/scripts.js'
import { withinPatience } from '../redis/within-patience.js'
import { RedisDown, type SharedRedis } from '../redis/shared-redis.js'
import { createBuckets, type Bucket } from './buckets.js'
import type { Count, Limiter, LimitKind, Tally } from './limiter.js'
import { tallyOf } from './tally.js'
import { WINDOW_MS } from './windows.js'

/** Maximum number of buckets in one command: Redis serves no other client while it counts. */
const MAX_KEYS = 256
/**
 * Milliseconds for which counts that no request waits for may be held back, so that the counts of one bucket become
 * one.
 */
const HOLD_MS = 5
/** Commands on their way at a time; what comes meanwhile goes together with the next. */
const MAX_SENDING = 8
/** No bucket is over this. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER

/** Buckets that are counted in this order, up to the first that refuses. */
interface Group {
  owner: string
  /** When it was added, on the clock of `performance.now()`. */
  since: number
  items: { key: string; limit: number; weight: number }[]
  done: (replies: readonly Reply[]) => void
  failed: () => void
}
interface Reply {
  count: number
  resetMs: number
}

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
  /** Counts of requests that wait for a reply, by bucket: another reply may make the bucket known before. */
  const asked = new Map<string, number>()
  let waiting: Group[] = []
  let isScheduled = false
  let sending = 0
  let held = new Map<Bucket, { owner: string; key: string; weight: number }>()
  let holding: NodeJS.Timeout | undefined

  const schedule = (): void => {
    if (isScheduled || sending >= MAX_SENDING) return
    isScheduled = true
    setImmediate(flush)
  }
  const hold = (bucket: Bucket, owner: string, key: string, weight: number): void => {
    bucket.own += weight
    const known = held.get(bucket)
    if (known === undefined) held.set(bucket, { owner, key, weight })
    else known.weight += weight
    holding ??= setTimeout(flush, HOLD_MS)
  }
  const flush = (): void => {
    isScheduled = false
    clearTimeout(holding)
    holding = undefined
    if (sending >= MAX_SENDING) return
    const groups = [...[...held].map(releasedGroup), ...waiting]
    held = new Map()
    waiting = []
    for (const own of byTag(redis, groups, ({ owner }) => owner)) {
      let part: Group[] = []
      let keys = 0
      for (const group of own) {
        if (keys + group.items.length > MAX_KEYS) {
          void send(part)
          part = []
          keys = 0
        }
        part.push(group)
        keys += group.items.length
      }
      if (part.length > 0) void send(part)
    }
  }
  /** Counts that were let pass already. */
  const releasedGroup = ([bucket, { owner, key, weight }]: [
    Bucket,
    { owner: string; key: string; weight: number },
  ]): Group => {
    const settle = (): void => void (bucket.own -= weight)
    const items = [{ key, limit: NO_LIMIT, weight }]
    return { owner, since: performance.now(), items, done: settle, failed: settle }
  }
  const send = async (groups: readonly Group[]): Promise<void> => {
    sending++
    const waitedMs = performance.now() - Math.min(...groups.map(({ since }) => since))
    try {
      const [reply] = await redis.send([countCommand(groups)], waitedMs)
      const replies = repliesIn(reply, groups)
      if (replies === null) {
        redis.distrust('a count cannot be what Redis says')
        throw new RedisDown()
      }
      let at = 0
      for (const group of groups) {
        const own = replies.slice(at, (at += group.items.length))
        group.items.forEach(({ key }, index) =>
          buckets.hear(key, own[index]!.count, own[index]!.resetMs),
        )
        group.done(own)
      }
    } catch {
      buckets.forget()
      for (const group of groups) group.failed()
    } finally {
      sending--
      if (waiting.length > 0) schedule()
      else if (held.size > 0) holding ??= setTimeout(flush, HOLD_MS)
    }
  }
  const noteAsked = (items: Group['items'], sign: 1 | -1): void => {
    for (const { key, weight } of items) {
      const sum = (asked.get(key) ?? 0) + sign * weight
      if (sum === 0) asked.delete(key)
      else asked.set(key, sum)
    }
  }
  const ask = (counts: readonly Count[], keys: readonly string[]): Promise<Tally[]> =>
    new Promise((resolve) => {
      const items = counts.map(({ kind, weight = 1 }, index) => ({
        key: keys[index]!,
        limit: limits[kind],
        weight,
      }))
      const done = (replies: readonly Reply[]): void => {
        noteAsked(items, -1)
        resolve(upToRefusal(counts, limits, (index) => replies[index]!))
      }
      const failed = (): void => {
        noteAsked(items, -1)
        resolve(insurance.take(counts))
      }
      noteAsked(items, 1)
      waiting.push({ owner: counts[0]!.owner, since: performance.now(), items, done, failed })
      schedule()
    })

  return {
    mode: () => (redis.isUp() ? 'redis' : 'degraded'),
    take: (counts, waitedMs = 0) => {
      if (!redis.isUp()) return insurance.take(counts)
      const keys = counts.map(keyOf)
      const known: Bucket[] = []
      for (const [index, { kind, weight = 1 }] of counts.entries()) {
        const bucket = buckets.known(keys[index]!)
        const more = weight + (asked.get(keys[index]!) ?? 0)
        if (bucket === undefined || !hasRoom(bucket, limits[kind], more))
          return withinPatience(redis, waitedMs, ask(counts, keys), () => insurance.take(counts))
        known.push(bucket)
      }
      counts.forEach(({ owner, weight = 1 }, index) =>
        hold(known[index]!, owner, keys[index]!, weight),
      )
      return upToRefusal(counts, limits, (index) => {
        const { count, own, ends } = known[index]!
        return { count: count + own, resetMs: Math.max(0, ends - performance.now()) }
      })
    },
    expect: (counts) => {
      if (!redis.isUp()) return
      const unknown = counts.filter((count) => buckets.known(keyOf(count)) === undefined)
      if (unknown.length === 0) return
      const items = unknown.map((count) => ({ key: keyOf(count), limit: NO_LIMIT, weight: 0 }))
      const ignore = (): void => {}
      const since = performance.now()
      waiting.push({ owner: unknown[0]!.owner, since, items, done: ignore, failed: ignore })
      schedule()
    },
  }
}

const keyOf = ({ kind, owner, key }: Count): string => `opsmantik:{${owner}}:limit:${kind}|${key}`

/** Returns true if the bucket is so far from its limit that the requests of other processes meanwhile do not matter. */
const hasRoom = ({ count, own }: Bucket, limit: number, weight: number): boolean =>
  limit - (count + own + weight) >= Math.max(32, limit / 10)

const upToRefusal = (
  counts: readonly Count[],
  limits: Record<LimitKind, number>,
  replyAt: (index: number) => Reply,
): Tally[] => {
  const tallies: Tally[] = []
  for (const [index, { kind }] of counts.entries()) {
    const { count, resetMs } = replyAt(index)
    const tally = tallyOf(kind, limits[kind], count, resetMs)
    tallies.push(tally)
    if (tally.refused) break
  }
  return tallies
}

const countCommand = (groups: readonly Group[]): RedisCommand => {
  const keys = groups.flatMap(({ items }) => items.map(({ key }) => key))
  const args = ['EVAL', COUNT_SCRIPT, String(keys.length), ...keys, String(WINDOW_MS)]
  for (const { items } of groups) {
    args.push(String(items.length))
    for (const { limit, weight } of items) args.push(String(limit), String(weight))
  }
  return { key: keys[0]!, args }
}

/** Returns the counts, or null for anything that COUNT_SCRIPT does not reply: a store may be anything. */
const repliesIn = (reply: unknown, groups: readonly Group[]): Reply[] | null => {
  const size = groups.reduce((sum, { items }) => sum + items.length, 0)
  if (!Array.isArray(reply) || reply.length !== 2 * size) return null
  const numbers = reply as unknown[]
  const isGood = (value: unknown, max: number): value is number =>
    Number.isInteger(value) && Number(value) >= 0 && Number(value) <= max
  const replies: Reply[] = []
  for (let at = 0; at < numbers.length; at += 2) {
    const [count, resetMs] = [numbers[at], numbers[at + 1]]
    if (!isGood(count, Number.MAX_SAFE_INTEGER) || !isGood(resetMs, WINDOW_MS)) return null
    replies.push({ count, resetMs })
  }
  return replies
}
