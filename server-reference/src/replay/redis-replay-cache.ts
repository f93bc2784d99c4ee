import { REPLAY_TTL_MS } from '@opsmantik/tracker/contract'
import { byTag } from '../redis/by-tag.js'
import { REMEMBER_SCRIPT } from '../redis/scripts.js'
import { RedisDown, type SharedRedis } from '../redis/shared-redis.js'
import { withinPatience } from '../redis/within-patience.js'
import type { ReplayCache, Seen } from './replay-cache.js'

/** Keys in one command. */
const MAX_KEYS = 256
/** Milliseconds that new keys may be held back: the process that recorded them knows them already. */
const HOLD_MS = 5
/** Keys that wait to be sent; more are left out, because the database decides anyway. */
const MAX_HELD = 10_000

/** Returns the site in a key. steps/replay.ts builds keys from the site's UUID and the event's identifier. */
const siteOf = (key: string): string => key.slice(0, key.indexOf('|'))
const keyOf = (key: string): string => `opsmantik:{${siteOf(key)}}:seen:${key}`

interface Asked {
  key: string
  answer: (found: unknown) => void
}

/**
 * Creates the replay cache that all processes share. A process knows the calls that it recorded itself (`own`), and
 * only those while Redis is down; then the database decides.
 */
export const createRedisReplayCache = (redis: SharedRedis, own: ReplayCache): ReplayCache => {
  let asked: Asked[] = []
  let held: (readonly [string, Seen])[] = []

  const askAll = (): void => {
    const all = asked
    asked = []
    for (const part of inParts(byTag(redis, all, ({ key }) => siteOf(key)))) void ask(part)
  }
  const ask = async (part: readonly Asked[]): Promise<void> => {
    let found: unknown[] = []
    try {
      const keys = part.map(({ key }) => keyOf(key))
      const [reply] = await redis.send([{ key: keys[0]!, args: ['MGET', ...keys] }])
      if (!Array.isArray(reply) || reply.length !== keys.length) {
        redis.distrust('MGET replies with something else')
        throw new RedisDown()
      }
      found = reply
    } catch {
      // The key is unknown, so the database decides.
    }
    part.forEach(({ answer }, index) => answer(found[index]))
  }
  const sendHeld = (): void => {
    const all = held
    held = []
    if (!redis.isUp()) return
    for (const part of inParts(byTag(redis, all, ([key]) => siteOf(key)))) {
      const keys = part.map(([key]) => keyOf(key))
      const values = part.map(([, { callId, digest }]) => `${callId}|${digest}`)
      const args = ['EVAL', REMEMBER_SCRIPT, String(keys.length), ...keys, String(REPLAY_TTL_MS)]
      redis.send([{ key: keys[0]!, args: [...args, ...values] }]).catch(() => {})
    }
  }
  return {
    own,
    get: (key, waitedMs = 0) => {
      const mine = own.get(key)
      if (mine !== undefined || !redis.isUp()) return mine
      const found = new Promise<Seen | undefined>((resolve) => {
        asked.push({ key, answer: (value) => resolve(seenIn(value)) })
        if (asked.length === 1) setImmediate(askAll)
      })
      return withinPatience(redis, waitedMs, found, () => undefined)
    },
    set: (key, { callId, digest }) => {
      own.set(key, { callId, digest })
      if (!redis.isUp() || held.length >= MAX_HELD) return
      held.push([key, { callId, digest }])
      if (held.length === 1) setTimeout(sendHeld, HOLD_MS)
    },
  }
}

const inParts = <Item>(groups: readonly Item[][]): Item[][] =>
  groups.flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / MAX_KEYS) }, (_, index) =>
      group.slice(index * MAX_KEYS, (index + 1) * MAX_KEYS),
    ),
  )

/**
 * Returns the value of a key if it has the form that `set` writes: anyone who can write to Redis may have written
 * something else.
 */
const seenIn = (found: unknown): Seen | undefined => {
  if (typeof found !== 'string') return undefined
  const [, callId, digest] =
    /^([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\|([\da-f]{1,128})$/.exec(found) ?? []
  return callId !== undefined && digest !== undefined ? { callId, digest } : undefined
}
