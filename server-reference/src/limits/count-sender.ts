import { byTag } from '../redis/by-tag.js'
import type { RedisCommand } from '../redis/redis-link.js'
import { COUNT_SCRIPT } from '../redis/scripts.js'
import { RedisDown, type SharedRedis } from '../redis/shared-redis.js'
import { hear, type Bucket } from './buckets.js'
import { WINDOW_MS } from './windows.js'

/** Maximum number of buckets in one command: Redis serves no other client while it counts. */
const MAX_KEYS = 256
/** Milliseconds for which counts that no request waits for may be held back, so that those of one bucket become one. */
const HOLD_MS = 5
/** Commands on their way at a time; what comes meanwhile goes together with the next. */
const MAX_SENDING = 8

export interface CountReply {
  count: number
  resetMs: number
}

/** Buckets that are counted in this order, up to the first that refuses. */
export interface Group {
  /** All of its buckets have this one. */
  owner: string
  /** When it was added, on the clock of `performance.now()`. */
  since: number
  items: readonly { bucket: Bucket; limit: number; weight: number }[]
  done: (replies: readonly CountReply[]) => void
  failed: () => void
}

/** Sends counts to Redis, many in one command. */
export interface CountSender {
  /** Asks about a bucket that no request waits for yet. */
  look(bucket: Bucket): void
  /** Counts what was let pass already. */
  add(bucket: Bucket, weight: number): void
  /** Counts for a request that waits for the reply. */
  ask(group: Group): void
}

/** @param onFailure called when a command has failed, before its groups are */
export const createCountSender = (redis: SharedRedis, onFailure: () => void): CountSender => {
  /** Buckets to look at, or with held counts. */
  let singles: Bucket[] = []
  let groups: Group[] = []
  let isUrgent = false
  let isScheduled = false
  let sending = 0
  let timer: NodeJS.Timeout | undefined

  const schedule = (): void => {
    if (isScheduled || sending >= MAX_SENDING) return
    isScheduled = true
    setImmediate(flush)
  }
  const list = (bucket: Bucket): void => {
    if (bucket.isListed) return
    bucket.isListed = true
    singles.push(bucket)
  }
  const flush = (): void => {
    isScheduled = false
    clearTimeout(timer)
    timer = undefined
    if (sending >= MAX_SENDING) return
    const entries: (Bucket | Group)[] = [...singles, ...groups]
    singles = []
    groups = []
    isUrgent = false
    for (const own of byTag(redis, entries, ({ owner }) => owner))
      for (const part of inParts(own)) void send(part)
  }
  const send = async (part: readonly (Bucket | Group)[]): Promise<void> => {
    sending++
    const order = orderOf(part)
    try {
      const [reply] = await redis.send([commandOf(order)], order.waitedMs)
      const numbers = numbersIn(reply, order.size)
      if (numbers === null) {
        redis.distrust('a count cannot be what Redis says')
        throw new RedisDown()
      }
      settle(order, numbers)
    } catch {
      onFailure()
      settle(order, null)
      for (const { failed } of order.groups) failed()
    } finally {
      sending--
      if (groups.length > 0 || isUrgent) schedule()
      else if (singles.length > 0) timer ??= setTimeout(flush, HOLD_MS)
    }
  }
  return {
    look: (bucket) => {
      if (bucket.isListed || bucket.sent > 0) return
      list(bucket)
      // While a command is on its way, whatever comes waits for its reply and goes together.
      isUrgent = true
      if (sending === 0) schedule()
    },
    add: (bucket, weight) => {
      bucket.own += weight
      bucket.held += weight
      list(bucket)
      timer ??= setTimeout(flush, HOLD_MS)
    },
    ask: (group) => {
      groups.push(group)
      schedule()
    },
  }
}

/** The content of one command. */
interface Order {
  /** By weight: none, one, more. */
  looked: Bucket[]
  ones: Bucket[]
  others: Bucket[]
  weights: number[]
  groups: Group[]
  /** Number of its keys. */
  size: number
  /** Milliseconds for which its groups have waited at most. */
  waitedMs: number
}

const isGroup = (entry: Bucket | Group): entry is Group => 'items' in entry

const inParts = (entries: (Bucket | Group)[]): (Bucket | Group)[][] => {
  const parts: (Bucket | Group)[][] = []
  let keys = MAX_KEYS
  for (const entry of entries) {
    const size = isGroup(entry) ? entry.items.length : 1
    if (keys + size > MAX_KEYS) {
      parts.push([])
      keys = 0
    }
    parts.at(-1)!.push(entry)
    keys += size
  }
  return parts
}

const orderOf = (part: readonly (Bucket | Group)[]): Order => {
  const looked: Bucket[] = []
  const ones: Bucket[] = []
  const others: Bucket[] = []
  const weights: number[] = []
  const groups: Group[] = []
  let size = 0
  let since = Infinity
  for (const entry of part) {
    if (isGroup(entry)) {
      groups.push(entry)
      size += entry.items.length
      since = Math.min(since, entry.since)
      continue
    }
    size++
    if (entry.held === 0) looked.push(entry)
    else if (entry.held === 1) ones.push(entry)
    else {
      others.push(entry)
      weights.push(entry.held)
    }
    entry.held = 0
    entry.isListed = false
    entry.sent++
  }
  const waitedMs = groups.length === 0 ? 0 : performance.now() - since
  return { looked, ones, others, weights, groups, size, waitedMs }
}

const commandOf = ({ looked, ones, others, weights, groups, size }: Order): RedisCommand => {
  const args = ['EVAL', COUNT_SCRIPT, String(size)]
  for (const { key } of looked) args.push(key)
  for (const { key } of ones) args.push(key)
  for (const { key } of others) args.push(key)
  for (const { items } of groups) for (const { bucket } of items) args.push(bucket.key)
  const key = args[3]!
  const sizes = [WINDOW_MS, looked.length, ones.length, others.length]
  for (const number of sizes.concat(weights)) args.push(String(number))
  for (const { items } of groups) {
    args.push(String(items.length))
    for (const { limit, weight } of items) args.push(String(limit), String(weight))
  }
  return { key, args }
}

/** Returns counts and times in turn, or null for anything that COUNT_SCRIPT does not reply: a store may be anything. */
const numbersIn = (reply: unknown, size: number): number[] | null => {
  if (!Array.isArray(reply) || reply.length !== 2 * size) return null
  const numbers = reply as unknown[]
  for (let at = 0; at < numbers.length; at += 2)
    if (!isWithin(numbers[at], Number.MAX_SAFE_INTEGER) || !isWithin(numbers[at + 1], WINDOW_MS))
      return null
  return numbers as number[]
}
const isWithin = (value: unknown, max: number): boolean =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= max

/** Notes the reply, null if there is none, and that what was sent is not owed any more. */
const settle = (order: Order, numbers: number[] | null): void => {
  const now = performance.now()
  let at = 0
  const heard = (bucket: Bucket): void => {
    if (numbers !== null) hear(bucket, numbers[at]!, numbers[at + 1]!, now)
    at += 2
  }
  const settleSingle = (bucket: Bucket, weight: number): void => {
    heard(bucket)
    bucket.own -= weight
    bucket.sent--
  }
  for (const bucket of order.looked) settleSingle(bucket, 0)
  for (const bucket of order.ones) settleSingle(bucket, 1)
  order.others.forEach((bucket, index) => settleSingle(bucket, order.weights[index]!))
  if (numbers === null) return
  for (const { items, done } of order.groups) {
    const replies = items.map((_, index) => ({
      count: numbers[at + 2 * index]!,
      resetMs: numbers[at + 2 * index + 1]!,
    }))
    for (const { bucket } of items) heard(bucket)
    done(replies)
  }
}
