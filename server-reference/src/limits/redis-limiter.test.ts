import { expect, it } from 'vitest'
import type { RedisCommand } from '../redis/redis-link.js'
import { RedisDown, type SharedRedis } from '../redis/shared-redis.js'
import { limits } from '../testing/world.js'
import { createMemoryLimiter } from './memory-limiter.js'
import type { Count } from './limiter.js'
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
/** Returns the weight of each key of COUNT_SCRIPT, in their order. */
const weightsIn = (args: readonly string[]): number[] => {
  const [, looked, ones, others, ...rest] = args.slice(3 + Number(args[2])).map(Number)
  const weights = [...Array<number>(looked!).fill(0), ...Array<number>(ones!).fill(1)]
  weights.push(...rest.splice(0, others))
  while (rest.length > 0)
    for (let left = rest.shift()!; left > 0; left--) weights.push(rest.splice(0, 2)[1]!)
  return weights
}
const one = (): Count => ({ kind: 'coarse', owner: 'a', key: '' })

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
  const [tally] = await limiter.take([one()])
  expect(tally).toMatchObject({ limit: 7, remaining: 6, refused: false })
  expect(state.distrusted).toBe(1)
  expect(limiter.mode()).toBe('degraded')
})

it('a bucket that is known and far from its limit is counted without waiting, and sent afterwards', async () => {
  let count = 0
  const { limiter, state } = storeThat(({ args }) => {
    count += weightsIn(args)[0]!
    return [count, 50_000]
  })
  expect(await limiter.take([one()])).toMatchObject([{ remaining: 299 }])
  for (let n = 2; n <= 50; n++) {
    const tallies = limiter.take([one()])
    expect(tallies).toMatchObject([{ remaining: 300 - n }])
  }
  await expect.poll(() => count).toBe(50)
  expect(state.sent).toHaveLength(2)
})

it('close to the limit every request asks', async () => {
  let count = 290
  const { limiter, state } = storeThat(() => [++count, 50_000])
  const refused = []
  for (let n = 0; n < 12; n++) refused.push((await limiter.take([one()]))[0]!.refused)
  expect(refused).toEqual([...Array<boolean>(10).fill(false), true, true])
  expect(state.sent).toHaveLength(12)
})

it('buckets that are expected are asked for in advance, and nothing is counted', async () => {
  const weights: number[] = []
  const { limiter, state } = storeThat(({ args }) => {
    weights.push(...weightsIn(args))
    return [5, 50_000]
  })
  limiter.expect!([one()])
  await expect.poll(() => state.sent.length).toBe(1)
  await new Promise(setImmediate)
  expect(limiter.take([one()])).toMatchObject([{ remaining: 294 }])
  await expect.poll(() => weights).toEqual([0, 1])
})

it('what waits for a reply counts as well, if the bucket becomes known before', async () => {
  const replies: (() => void)[] = []
  let count = 0
  const { limiter, state } = storeThat(({ args }) => {
    const own = weightsIn(args).flatMap((weight) => [(count += weight), 50_000])
    return new Promise((resolve) => replies.push(() => resolve(own)))
  })
  limiter.expect!([one()])
  await expect.poll(() => state.sent.length).toBe(1)
  const asking = Array.from({ length: 200 }, () => limiter.take([one()]))
  await expect.poll(() => state.sent.length).toBe(2)
  replies[0]!()
  await new Promise(setImmediate)
  const further = Array.from({ length: 200 }, () => limiter.take([one()]))
  const answered = Promise.all([...asking, ...further])
  const timer = setInterval(() => replies.splice(0).forEach((reply) => reply()), 1)
  const tallies = (await answered).flat()
  clearInterval(timer)
  expect(tallies.filter(({ refused }) => !refused)).toHaveLength(300)
})

it('counts that no request waits for go together: one command, each bucket once', async () => {
  const sent: { keys: string[]; weights: number[] }[] = []
  const { limiter } = storeThat(({ args }) => {
    const size = Number(args[2])
    sent.push({
      keys: args.slice(3, 3 + size).map((key) => key.slice(-1)),
      weights: weightsIn(args),
    })
    return Array.from({ length: size }, () => [9, 50_000]).flat()
  })
  const bucket = (key: string): Count => ({ kind: 'coarse', owner: 'o', key })
  const known = ['a', 'b', 'c'].map(bucket)
  limiter.expect!(known)
  limiter.expect!([bucket('a')])
  await expect.poll(() => sent).toEqual([{ keys: ['a', 'b', 'c'], weights: [0, 0, 0] }])
  await new Promise(setImmediate)
  limiter.expect!(known)
  void limiter.take([bucket('a')])
  void limiter.take([bucket('b')])
  void limiter.take([{ ...bucket('b'), weight: 4 }])
  limiter.expect!([bucket('d')])
  await expect.poll(() => sent.length).toBe(2)
  expect(sent[1]).toEqual({ keys: ['d', 'a', 'b'], weights: [0, 1, 5] })
})
