import { setTimeout as wait } from 'node:timers/promises'
import { pino } from 'pino'
import { afterEach, expect, it } from 'vitest'
import type { RedisCommand, RedisLink } from './redis-link.js'
import { createSharedRedis, RedisDown, type SharedRedis } from './shared-redis.js'

const PATIENCE_MS = 40
const open: SharedRedis[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

/** Returns the reply of a healthy Redis to any of our commands. */
const goodReply = ({ args }: RedisCommand): unknown => {
  if (args[0] === 'MGET') return args.slice(1).map(() => 'value')
  if (args[0] === 'EVAL') return args[1]!.includes('INCRBY') ? [1, 10_000] : 1
  return 1
}

const start = async (
  reply: (command: RedisCommand) => unknown = goodReply,
  tags: string[] = ['probe'],
  clock?: { now: number },
) => {
  const logged: string[] = []
  const state = { reply, sent: 0, unanswered: 0 }
  const link: RedisLink = {
    isCluster: false,
    nodeTags: () => tags,
    send: async (commands) => {
      state.sent++
      state.unanswered++
      const replies = await Promise.all(commands.map((command) => state.reply(command)))
      state.unanswered--
      return replies
    },
    subscribe: async () => {},
    close: async () => {},
  }
  const log = pino({}, { write: (line: string) => void logged.push(JSON.parse(line).msg) })
  const options = {
    patienceMs: PATIENCE_MS,
    probeMs: 10,
    steadyMs: 100,
    ...(clock && { now: () => clock.now }),
  }
  const redis = createSharedRedis(link, log, options)
  open.push(redis)
  await redis.started()
  return { redis, state, logged }
}
const command = { key: 'k', args: ['GET', 'k'] }
const until = (isTrue: () => boolean) =>
  expect.poll(isTrue, { interval: 5, timeout: 5_000 }).toBe(true)

it.each([
  ['refuses writes', () => Promise.reject(new Error('READONLY You can’t write'))],
  ['does not answer', () => new Promise(() => {})],
])('a store that %s is down with one line, and up with one once it works', async (_, trouble) => {
  const { redis, state, logged } = await start()
  state.reply = trouble
  await expect(redis.send([command])).rejects.toThrow()
  expect(redis.isUp()).toBe(false)
  await expect(redis.send([command])).rejects.toBeInstanceOf(RedisDown)
  await wait(150)
  expect(logged).toEqual([expect.stringContaining('Redis is down')])
  if (state.unanswered > 0) return
  state.reply = goodReply
  await until(redis.isUp)
  expect(logged).toEqual([expect.stringContaining('Redis is down'), 'Redis is up again'])
})

it('a store that answers PING and reads, and refuses to count, stays down', async () => {
  const { redis, state, logged } = await start()
  state.reply = (sent) =>
    sent.args[0] === 'EVAL' ? Promise.reject(new Error('OOM')) : goodReply(sent)
  await expect(redis.send([{ key: 'k', args: ['EVAL', 'x'] }])).rejects.toThrow('OOM')
  await wait(400)
  expect(redis.isUp()).toBe(false)
  expect(redis.outages()).toBe(1)
  expect(logged).toHaveLength(1)
})

it('while it is down nobody waits, and no probe is sent before the last one was answered', async () => {
  const { redis, state } = await start()
  state.reply = () => new Promise(() => {})
  await redis.send([command]).catch(() => {})
  const sent = state.sent
  await wait(300)
  expect(state.sent).toBeLessThanOrEqual(sent + 1)
  await Promise.allSettled(Array.from({ length: 100 }, () => redis.send([command])))
  expect(state.sent).toBeLessThanOrEqual(sent + 1)
})

it('one good probe is not enough: it has to be steady for a while', async () => {
  const { redis, state } = await start()
  let n = 0
  const flapping = (sent: RedisCommand): unknown =>
    ++n % 12 < 3 ? Promise.reject(new Error('OOM')) : goodReply(sent)
  state.reply = () => Promise.reject(new Error('OOM'))
  await redis.send([command]).catch(() => {})
  state.reply = flapping
  for (let tries = 0; tries < 40; tries++) {
    expect(redis.isUp()).toBe(false)
    await wait(10)
  }
})

it('a store that relapses has to be steady for twice as long', async () => {
  const clock = { now: 1_000_000 }
  const { redis, state, logged } = await start(goodReply, ['probe'], clock)
  const someProbes = async () => {
    const before = state.sent
    await until(() => state.sent >= before + 3)
  }
  const relapse = async () => {
    state.reply = () => Promise.reject(new Error('OOM'))
    await redis.send([command]).catch(() => {})
    state.reply = goodReply
    await someProbes()
  }
  for (const needed of [100, 200, 400]) {
    await relapse()
    clock.now += needed - 1
    await someProbes()
    expect(redis.isUp()).toBe(false)
    clock.now += 1
    await until(redis.isUp)
  }
  expect(logged).toHaveLength(6)
})

it('every node is probed', async () => {
  const { redis, state } = await start(goodReply, ['a', 'b', 'c'])
  state.reply = () => Promise.reject(new Error('CLUSTERDOWN'))
  await redis.send([command]).catch(() => {})
  state.reply = (sent) =>
    sent.key?.includes('{c}') ? Promise.reject(new Error('CLUSTERDOWN')) : goodReply(sent)
  await wait(300)
  expect(redis.isUp()).toBe(false)
  state.reply = goodReply
  await until(redis.isUp)
})

it.each([
  ['nothing', () => null],
  ['text', () => 'OK'],
  ['negative counts', () => [-1, -1]],
  ['an empty list', () => []],
  ['a great number', () => [1e300, 1]],
])('a store that says %s to a probe does not start as up', async (_, reply) => {
  const { redis } = await start(reply)
  expect(redis.isUp()).toBe(false)
})

it('what a store says reaches the log without control characters and not at length', async () => {
  const lines: string[] = []
  const link: RedisLink = {
    isCluster: false,
    nodeTags: () => ['a'],
    send: () => Promise.reject(new Error(`\u001b[31m\u009b\u202e${'x'.repeat(10_000)}`)),
    subscribe: async () => {},
    close: async () => {},
  }
  const redis = createSharedRedis(
    link,
    pino({}, { write: (line: string) => void lines.push(line) }),
  )
  open.push(redis)
  await redis.started()
  expect(lines.join('')).not.toMatch(/[\u0080-\u{10ffff}]|\\u001b/u)
  expect(lines.join('').length).toBeLessThan(600)
})
