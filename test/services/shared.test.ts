import { randomUUID } from 'node:crypto'
import type { LiveMessage } from '@opsmantik/tracker/contract'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMemoryLimiter } from '../../server-reference/src/limits/memory-limiter.js'
import { createRedisLimiter } from '../../server-reference/src/limits/redis-limiter.js'
import type { Limiter } from '../../server-reference/src/limits/limiter.js'
import type { Channel } from '../../server-reference/src/live/channel.js'
import { createFanOut } from '../../server-reference/src/live/fan-out.js'
import { createFeed } from '../../server-reference/src/live/feed.js'
import { createPostgresChannel } from '../../server-reference/src/live/postgres-channel.js'
import { createRedisChannel } from '../../server-reference/src/live/redis-channel.js'
import {
  createSharedRedis,
  type SharedRedis,
} from '../../server-reference/src/redis/shared-redis.js'
import { createTcpLink } from '../../server-reference/src/redis/tcp-link.js'
import { createUpstashLink } from '../../server-reference/src/redis/upstash-link.js'
import { createMemoryReplayCache } from '../../server-reference/src/replay/memory-replay-cache.js'
import { createRedisReplayCache } from '../../server-reference/src/replay/redis-replay-cache.js'
import type { ReplayCache } from '../../server-reference/src/replay/replay-cache.js'
import { openServerDatabase } from '../../server-reference/src/store/server-database.js'
import { limits } from '../../server-reference/src/testing/world.js'
import { startPostgres } from './postgres.mjs'
import { startRedis } from './redis.mjs'
import { startUpstash } from './upstash.mjs'

const TOKEN = 'the-token-of-the-rest-interface'
const silent = pino({ level: 'silent' })

let redis: Awaited<ReturnType<typeof startRedis>>
let upstash: Awaited<ReturnType<typeof startUpstash>>
let postgres: Awaited<ReturnType<typeof startPostgres>>
const open: SharedRedis[] = []

beforeAll(async () => {
  redis = await startRedis()
  upstash = await startUpstash(redis.url, TOKEN)
  postgres = await startPostgres()
})
afterAll(async () => {
  for (const one of open) await one.close()
  await upstash.stop()
  await redis.stop()
  await postgres.stop()
})

/** Long patience: what these tests ask is what Redis says, not how soon. */
const connect = async (link: 'Redis' | 'Upstash'): Promise<SharedRedis> => {
  const made =
    link === 'Redis' ? createTcpLink(redis.url) : createUpstashLink(upstash.url, upstash.token)
  const shared = createSharedRedis(made, silent, { patience: 5_000 })
  open.push(shared)
  await shared.started()
  return shared
}

type Place = 'memory' | 'Redis' | 'Upstash'
const PLACES: Place[] = ['memory', 'Redis', 'Upstash']

describe.each(PLACES)('limits in %s', (place) => {
  const openLimiter = async (changed: Parameters<typeof limits>[0]): Promise<Limiter> => {
    const own = createMemoryLimiter(limits(changed))
    return place === 'memory' ? own : createRedisLimiter(await connect(place), limits(changed), own)
  }

  it('counts down, refuses, and says when the window ends', async () => {
    const limiter = await openLimiter({ coarse: 2 })
    const key = randomUUID()
    const take = async () => (await limiter.take([{ kind: 'coarse', key }]))[0]!
    expect(limiter.mode()).toBe(place === 'memory' ? 'memory' : 'redis')
    expect(await take()).toMatchObject({ kind: 'coarse', limit: 2, remaining: 1, refused: false })
    expect(await take()).toMatchObject({ remaining: 0, refused: false })
    const third = await take()
    expect(third).toMatchObject({ remaining: 0, refused: true })
    expect(third.resetMs).toBeGreaterThan(50_000)
    expect(third.resetMs).toBeLessThanOrEqual(60_000)
  })

  it('lets exactly as many through as it may, however many ask at once', async () => {
    const limiter = await openLimiter({ v2: 25 })
    const key = randomUUID()
    const tallies = await Promise.all(
      Array.from({ length: 100 }, async () => (await limiter.take([{ kind: 'v2', key }]))[0]!),
    )
    expect(tallies.filter(({ refused }) => !refused)).toHaveLength(25)
  })

  it('kinds and keys have buckets of their own', async () => {
    const limiter = await openLimiter({ v2: 1, site: 1, coarse: 1 })
    const key = randomUUID()
    const both = await limiter.take([
      { kind: 'v2', key },
      { kind: 'site', key },
    ])
    expect(both.map(({ kind, refused }) => [kind, refused])).toEqual([
      ['v2', false],
      ['site', false],
    ])
    const [other] = await limiter.take([{ kind: 'v2', key: `${key}|x` }])
    expect(other!.refused).toBe(false)
    const [again] = await limiter.take([{ kind: 'v2', key }])
    expect(again!.refused).toBe(true)
  })
})

it('two servers share one count, and one count is shared by Redis and its REST interface', async () => {
  const key = randomUUID()
  const all = await Promise.all(
    (['Redis', 'Redis', 'Upstash'] as const).map(async (place) =>
      createRedisLimiter(
        await connect(place),
        limits({ site: 3 }),
        createMemoryLimiter(limits({ site: 3 })),
      ),
    ),
  )
  const refused = []
  for (const limiter of [...all, all[0]!])
    refused.push((await limiter.take([{ kind: 'site', key }]))[0]!.refused)
  expect(refused).toEqual([false, false, false, true])
})

describe.each(PLACES)('replay keys in %s', (place) => {
  const openCache = async (): Promise<ReplayCache> => {
    const own = createMemoryReplayCache()
    return place === 'memory' ? own : createRedisReplayCache(await connect(place), own)
  }
  const seen = { callId: randomUUID(), digest: 'ab'.repeat(32) }

  it('a key is unknown until it is set, and then known', async () => {
    const cache = await openCache()
    const key = `${randomUUID()}|${randomUUID()}`
    expect(await cache.get(key)).toBeUndefined()
    cache.set(key, seen)
    expect(await cache.get(key)).toEqual(seen)
    expect(await cache.get(`${key}x`)).toBeUndefined()
  })

  if (place !== 'memory')
    it('another server knows it too, and for ten minutes, not for ever', async () => {
      const [cache, other] = await Promise.all([openCache(), openCache()])
      const key = `${randomUUID()}|${randomUUID()}`
      cache.set(key, seen)
      await expect.poll(() => other.get(key)).toEqual(seen)
      const shared = await connect('Redis')
      const [left] = await shared.send([['PTTL', `{opsmantik}:seen:${key}`]])
      expect(left).toBeGreaterThan(590_000)
      expect(left).toBeLessThanOrEqual(600_000)
    })
})

const targetsOf = (messages: readonly LiveMessage[]): string[] =>
  messages.flatMap((message) => ('target' in message ? [message.target ?? ''] : []))

describe.each(['Redis', 'Upstash', 'Postgres'] as const)(
  'the feed across processes by %s',
  (by) => {
    const openChannel = async (): Promise<Channel> => {
      if (by !== 'Postgres') return createRedisChannel(await connect(by))
      const database = await openServerDatabase(postgres.url())
      const channel = createPostgresChannel(postgres.url(), database)
      return {
        ...channel,
        close: async () => {
          await channel.close()
          await database.close()
        },
      }
    }
    const call = (target: string) =>
      ({
        type: 'call',
        call_id: randomUUID(),
        session_id: null,
        site_id: randomUUID(),
        status: 'unmatched',
        endpoint: '/api/call-event/v2',
        action: 'phone',
        target,
        page_url: null,
      }) as const

    it('what one process publishes, readers of the others see, once and in order, whatever is in it', async () => {
      const feeds = [createFeed(), createFeed(), createFeed()] as const
      const outs = await Promise.all(
        feeds.map(async (feed) => createFanOut(feed, await openChannel(), silent)),
      )
      const heard: LiveMessage[][] = [[], [], []]
      for (const [index, feed] of feeds.entries()) {
        await outs[index]!.announce()
        feed.subscribe((message) => heard[index]!.push(message))
      }
      // On a machine that is busy the others may not know yet that somebody reads here.
      for (const [index, feed] of feeds.entries())
        await expect
          .poll(
            () => {
              feed.publish(call(`ready ${index}`))
              return heard.every((of) => targetsOf(of).includes(`ready ${index}`))
            },
            { timeout: 20_000, interval: 100 },
          )
          .toBe(true)
      const targets = ['1', 'çağrı ☎️ 😀, "quoted"', 'x'.repeat(20_000), 'data: message,a,b', '5']
      for (const target of targets) feeds[0].publish(call(target))
      feeds[1].publish(call('from the second'))

      const wanted = [...targets, 'from the second'].toSorted()
      for (const index of [0, 1, 2])
        await expect
          .poll(
            () =>
              targetsOf(heard[index]!)
                .filter((target) => !target.startsWith('ready'))
                .toSorted(),
            { timeout: 5_000 },
          )
          .toEqual(wanted)
      const fromFirst = targetsOf(heard[2]!).filter(
        (target) => target !== 'from the second' && !target.startsWith('ready'),
      )
      expect(fromFirst).toEqual(targets)
      for (const out of outs) await out.close()
    })
  },
)
