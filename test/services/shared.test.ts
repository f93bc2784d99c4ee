import { randomUUID } from 'node:crypto'
import type { LiveMessage } from '@opsmantik/tracker/contract'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { syncCounts } from '../../server-reference/src/limits/counts.js'
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
import { createClusterLink } from '../../server-reference/src/redis/cluster-link.js'
import type { RedisLink } from '../../server-reference/src/redis/redis-link.js'
import { slotOf } from '../../server-reference/src/redis/slot.js'
import { createTcpLink } from '../../server-reference/src/redis/tcp-link.js'
import { createUpstashLink } from '../../server-reference/src/redis/upstash-link.js'
import { createMemoryReplayCache } from '../../server-reference/src/replay/memory-replay-cache.js'
import { createRedisReplayCache } from '../../server-reference/src/replay/redis-replay-cache.js'
import type { ReplayCache } from '../../server-reference/src/replay/replay-cache.js'
import { openServerDatabase } from '../../server-reference/src/store/server-database.js'
import { limits } from '../../server-reference/src/testing/world.js'
import { startPostgres } from './postgres.mjs'
import { startRedis } from './redis.mjs'
import { startRedisCluster } from './redis-cluster.mjs'
import { startUpstash } from './upstash.mjs'

const TOKEN = 'the-token-of-the-rest-interface'
const silent = pino({ level: 'silent' })

let redis: Awaited<ReturnType<typeof startRedis>>
let cluster: Awaited<ReturnType<typeof startRedisCluster>>
let upstash: Awaited<ReturnType<typeof startUpstash>>
let postgres: Awaited<ReturnType<typeof startPostgres>>
const open: SharedRedis[] = []

beforeAll(async () => {
  redis = await startRedis()
  cluster = await startRedisCluster()
  upstash = await startUpstash(redis.url, TOKEN)
  postgres = await startPostgres()
})
afterAll(async () => {
  for (const one of open) await one.close()
  await upstash.stop()
  await redis.stop()
  await cluster.stop()
  await postgres.stop()
})

const linkTo = (place: 'Redis' | 'Upstash' | 'Cluster'): RedisLink => {
  if (place === 'Redis') return createTcpLink(redis.url)
  if (place === 'Cluster') return createClusterLink(cluster.urls)
  return createUpstashLink(upstash.url, upstash.token, 5_000)
}

/** Long patience: what these tests ask is what Redis says, not how soon. */
const connect = async (place: 'Redis' | 'Upstash' | 'Cluster'): Promise<SharedRedis> => {
  const shared = createSharedRedis(linkTo(place), silent, { patienceMs: 5_000 })
  open.push(shared)
  await shared.started()
  return shared
}

type Place = 'memory' | 'Redis' | 'Upstash' | 'Cluster'
const PLACES: Place[] = ['memory', 'Redis', 'Upstash', 'Cluster']

describe.each(PLACES)('limits in %s', (place) => {
  const openLimiter = async (changed: Parameters<typeof limits>[0]): Promise<Limiter> => {
    const own = createMemoryLimiter(limits(changed))
    return place === 'memory' ? own : createRedisLimiter(await connect(place), limits(changed), own)
  }

  it('counts down, refuses, and says when the window ends', async () => {
    const limiter = await openLimiter({ coarse: 2 })
    const owner = randomUUID()
    const take = async () => (await limiter.take([{ kind: 'coarse', owner, key: '' }]))[0]!
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
    const owner = randomUUID()
    const take = async () => (await limiter.take([{ kind: 'v2', owner, key: '' }]))[0]!
    const tallies = await Promise.all(Array.from({ length: 100 }, take))
    expect(tallies.filter(({ refused }) => !refused)).toHaveLength(25)
  })

  it('kinds and keys have buckets of their own', async () => {
    const limiter = await openLimiter({ v2: 1, site: 1, coarse: 1 })
    const owner = randomUUID()
    const both = await limiter.take([
      { kind: 'v2', owner, key: '' },
      { kind: 'site', owner, key: '' },
    ])
    expect(both.map(({ kind, refused }) => [kind, refused])).toEqual([
      ['v2', false],
      ['site', false],
    ])
    const [other] = await limiter.take([{ kind: 'v2', owner, key: 'x' }])
    expect(other!.refused).toBe(false)
    const [again] = await limiter.take([{ kind: 'v2', owner, key: '' }])
    expect(again!.refused).toBe(true)
  })

  it('exactly as many as far from the limit: 400 in turns of 40 are 300 let through', async () => {
    const limiter = await openLimiter({ coarse: 300 })
    const owner = randomUUID()
    const take = async () => (await limiter.take([{ kind: 'coarse', owner, key: '' }]))[0]!
    const tallies = []
    for (let turn = 0; turn < 10; turn++)
      tallies.push(...(await Promise.all(Array.from({ length: 40 }, take))))
    expect(tallies.filter(({ refused }) => !refused)).toHaveLength(300)
  })

  it('what one bucket refuses is not counted by the next, and a batch counts its events', async () => {
    const limiter = await openLimiter({ share: 40, site: 100 })
    const siteId = randomUUID()
    const take = async (address: string) =>
      (await limiter.take(syncCounts(siteId, address, 20))).map(({ kind, refused }) => [
        kind,
        refused,
      ])
    const passed = [
      ['share', false],
      ['site', false],
    ]
    expect([await take('a'), await take('a')]).toEqual([passed, passed])
    for (let n = 0; n < 5; n++) expect(await take('a')).toEqual([['share', true]])
    expect([await take('b'), await take('b'), await take('c')]).toEqual([passed, passed, passed])
    expect(await take('c')).toEqual([
      ['share', false],
      ['site', true],
    ])
  })

  it('buckets of many sites and addresses at once are all counted', async () => {
    const limiter = await openLimiter({ v2: 2 })
    const owners = Array.from({ length: 300 }, () => randomUUID())
    for (const expected of [false, false, true]) {
      const all = await Promise.all(
        owners.map((owner) => limiter.take([{ kind: 'v2', owner, key: 'x' }])),
      )
      expect(new Set(all.map(([tally]) => tally!.refused))).toEqual(new Set([expected]))
    }
  })
})

it('the slot of a hash tag is the one that Redis Cluster says', () => {
  for (const tag of ['foo', randomUUID(), '192.0.2.1', '2001:db8:0:0::/64', 'unknown']) {
    const key = `opsmantik:{${tag}}:limit:v2|x`
    const said = cluster.run(cluster.nodes[0]!.port, 'cluster', 'keyslot', key)
    expect(slotOf(tag)).toBe(Number(said))
  }
})

it('two servers share one count, and one count is shared by Redis and its REST interface', async () => {
  const owner = randomUUID()
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
    refused.push((await limiter.take([{ kind: 'site', owner, key: '' }]))[0]!.refused)
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
    expect(await cache.get(key)).toMatchObject(seen)
    expect(await cache.get(`${key}x`)).toBeUndefined()
  })

  if (place !== 'memory')
    it('another server knows it too, and for ten minutes, not for ever', async () => {
      const [cache, other] = await Promise.all([openCache(), openCache()])
      const key = `${randomUUID()}|${randomUUID()}`
      cache.set(key, seen)
      await expect.poll(() => other.get(key)).toEqual(seen)
      const shared = await connect(place)
      const name = `opsmantik:{${key.slice(0, 36)}}:seen:${key}`
      const [left] = await shared.send([{ key: name, args: ['PTTL', name] }])
      expect(left).toBeGreaterThan(590_000)
      expect(left).toBeLessThanOrEqual(600_000)
    })
})

const targetsOf = (messages: readonly LiveMessage[]): string[] =>
  messages.flatMap((message) => ('target' in message ? [message.target ?? ''] : []))

describe.each(['Redis', 'Upstash', 'Cluster', 'Postgres'] as const)(
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
    const call = (target: string, call_id: string = randomUUID()) =>
      ({
        type: 'call',
        id: `${Date.now() * 1000}-${call_id}`,
        call_id,
        session_id: null,
        site_id: randomUUID(),
        status: 'unmatched',
        endpoint: '/api/call-event/v2',
        action: 'phone',
        target,
        // Longer than one NOTIFY.
        page_url: 'ş'.repeat(2_048),
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
      // On a busy machine the other processes may not know yet that this one has readers.
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
      const targets = ['1', 'çağrı ☎️ 😀, "quoted"', 'ç'.repeat(512), 'data: message,a,b', '5']
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
