import { expect, it } from 'vitest'
import type { RedisCommand } from '../redis/redis-link.js'
import { RedisDown, type SharedRedis } from '../redis/shared-redis.js'
import { limits } from '../testing/world.js'
import { createMemoryLimiter } from './memory-limiter.js'
import { createRedisLimiter } from './redis-limiter.js'

/** A store that says what a test wants. */
const storeThat = (reply: (command: RedisCommand) => unknown) => {
  const state = { sent: [] as RedisCommand[], distrusted: 0, isUp: true }
  const redis: SharedRedis = {
    isCluster: false,
    patienceMs: 50,
    isUp: () => state.isUp,
    outages: () => 0,
    started: async () => {},
    send: async (commands) => {
      state.sent.push(...commands)
      if (!state.isUp) throw new RedisDown()
      return Promise.all(commands.map(reply))
    },
    distrust: () => {
      state.distrusted++
      state.isUp = false
    },
    publish: () => {},
    subscribe: async () => {},
    close: async () => {},
  }
  const limiter = createRedisLimiter(redis, limits(), createMemoryLimiter(limits({ coarse: 7 })))
  return { limiter, state }
}
const one = { kind: 'coarse', owner: 'a', key: '' } as const

it.each([
  ['nothing', null],
  ['text', 'OK'],
  ['too few numbers', [1]],
  ['too many numbers', [1, 2, 3, 4]],
  ['a negative count', [-1, 60_000]],
  ['fractions', [0.5, 60_000]],
  ['a count beyond all integers', [1e300, 60_000]],
  ['a window of a year', [1, 31_536_000_000]],
  ['numbers as text', ['1', '60000']],
  ['objects', [{}, {}]],
])('a store that replies %s is not believed: this process counts', async (_, reply) => {
  const { limiter, state } = storeThat(() => reply)
  const [tally] = await limiter.take([one])
  expect(tally).toMatchObject({ limit: 7, remaining: 6, refused: false })
  expect(state.distrusted).toBe(1)
  expect(limiter.mode()).toBe('degraded')
})

it('a bucket that is known and far from its limit is counted without waiting, and sent afterwards', async () => {
  let count = 0
  const { limiter, state } = storeThat(({ args }) => {
    // EVAL, script, 1 key, key, window, then: group of 1, limit, weight.
    count += Number(args[7])
    return [count, 50_000]
  })
  expect(await limiter.take([one])).toMatchObject([{ remaining: 299 }])
  for (let n = 2; n <= 50; n++) {
    const tallies = limiter.take([one])
    expect(tallies).toMatchObject([{ remaining: 300 - n }])
  }
  await expect.poll(() => count).toBe(50)
  expect(state.sent).toHaveLength(2)
})

it('close to the limit every request asks', async () => {
  let count = 290
  const { limiter, state } = storeThat(() => [++count, 50_000])
  const refused = []
  for (let n = 0; n < 12; n++) refused.push((await limiter.take([one]))[0]!.refused)
  expect(refused).toEqual([...Array<boolean>(10).fill(false), true, true])
  expect(state.sent).toHaveLength(12)
})

it('buckets that are expected are asked for in advance, and nothing is counted', async () => {
  const weights: string[] = []
  const { limiter, state } = storeThat(({ args }) => {
    weights.push(args[7]!)
    return [5, 50_000]
  })
  limiter.expect!([one])
  await expect.poll(() => state.sent.length).toBe(1)
  await new Promise(setImmediate)
  expect(limiter.take([one])).toMatchObject([{ remaining: 294 }])
  await expect.poll(() => weights).toEqual(['0', '1'])
})

it('what waits for a reply counts as well, if the bucket becomes known before', async () => {
  const replies: (() => void)[] = []
  let count = 0
  const { limiter, state } = storeThat(({ args }) => {
    const size = Number(args[2])
    const own: number[] = []
    for (let n = 0; n < size; n++) own.push((count += Number(args[6 + size + 3 * n])), 50_000)
    return new Promise((resolve) => replies.push(() => resolve(own)))
  })
  limiter.expect!([one])
  await expect.poll(() => state.sent.length).toBe(1)
  const asking = Array.from({ length: 200 }, () => limiter.take([one]))
  await expect.poll(() => state.sent.length).toBe(2)
  replies[0]!()
  await new Promise(setImmediate)
  const further = Array.from({ length: 200 }, () => limiter.take([one]))
  const answered = Promise.all([...asking, ...further])
  const timer = setInterval(() => replies.splice(0).forEach((reply) => reply()), 1)
  const tallies = (await answered).flat()
  clearInterval(timer)
  expect(tallies.filter(({ refused }) => !refused)).toHaveLength(300)
})
