// Stores that answer PING and are of no use: the server judges by the commands that requests need.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { pino } from 'pino'
import { createClient } from 'redis'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createMemoryLimiter } from '../../server-reference/src/limits/memory-limiter.js'
import { createRedisLimiter } from '../../server-reference/src/limits/redis-limiter.js'
import type { RedisLink } from '../../server-reference/src/redis/redis-link.js'
import { createSharedRedis } from '../../server-reference/src/redis/shared-redis.js'
import { createTcpLink } from '../../server-reference/src/redis/tcp-link.js'
import { createUpstashLink } from '../../server-reference/src/redis/upstash-link.js'
import { limits } from '../../server-reference/src/testing/world.js'
import { startRedis } from './redis.mjs'
import { startUpstash } from './upstash.mjs'

let redis: Awaited<ReturnType<typeof startRedis>>
let admin: ReturnType<typeof createClient>
const closers: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  redis = await startRedis(['--maxmemory-policy', 'noeviction'])
  admin = createClient({ url: redis.url })
  await admin.connect()
})
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})
afterAll(async () => {
  admin.destroy()
  await redis.stop()
})

const open = async (link: RedisLink, patienceMs: number) => {
  const logged: string[] = []
  const log = pino({}, { write: (line: string) => void logged.push(JSON.parse(line).msg) })
  const shared = createSharedRedis(link, log, { patienceMs })
  closers.push(shared.close)
  await shared.started()
  const limiter = createRedisLimiter(shared, limits(), createMemoryLimiter(limits()))
  const count = () => limiter.take([{ kind: 'v2', owner: randomUUID(), key: '' }])
  return { shared, limiter, count, logged }
}
const isDown = /^Redis is down/

describe.each([
  [
    'became a read-only replica',
    // There is no server at port 1: the replica keeps its data, and answers PING.
    () => admin.sendCommand(['REPLICAOF', '127.0.0.1', '1']),
    () => admin.sendCommand(['REPLICAOF', 'NO', 'ONE']),
  ],
  [
    'has no memory left',
    () => admin.sendCommand(['CONFIG', 'SET', 'maxmemory', '1']),
    () => admin.sendCommand(['CONFIG', 'SET', 'maxmemory', '0']),
  ],
  [
    'lets its user only read',
    () =>
      admin.sendCommand([
        'ACL',
        'SETUSER',
        'worker',
        'reset',
        'on',
        '>worker',
        '~*',
        '&*',
        '+@read',
        '+@connection',
        '+eval',
      ]),
    () =>
      admin.sendCommand([
        'ACL',
        'SETUSER',
        'worker',
        'reset',
        'on',
        '>worker',
        '~*',
        '&*',
        '+@all',
      ]),
  ],
] as const)('a Redis that %s', (_, breakIt, repair) => {
  it('answers PING and is down: one line, no flapping, and back once it works', async () => {
    await admin.sendCommand([
      'ACL',
      'SETUSER',
      'worker',
      'reset',
      'on',
      '>worker',
      '~*',
      '&*',
      '+@all',
    ])
    const url = redis.url.replace('//', '//worker:worker@')
    const { shared, limiter, count, logged } = await open(createTcpLink(url), 5_000)
    expect(limiter.mode()).toBe('redis')
    await breakIt()
    try {
      for (let n = 0; n < 40; n++) {
        expect(await count()).toHaveLength(1)
        await wait(50)
      }
      expect(await admin.sendCommand(['PING'])).toBe('PONG')
      expect(limiter.mode()).toBe('degraded')
      expect(logged).toEqual([expect.stringMatching(isDown)])
    } finally {
      await repair()
    }
    await expect.poll(shared.isUp, { timeout: 10_000 }).toBe(true)
    await count()
    expect(logged).toEqual([expect.stringMatching(isDown), 'Redis is up again'])
  })
})

describe('Upstash', () => {
  const startRest = async () => {
    const rest = await startUpstash(redis.url, 'the-token')
    closers.push(rest.stop)
    return rest
  }

  it.each([60, 200])('with %i ms of latency is up, and stays up', async (latencyMs) => {
    const rest = await startRest()
    rest.behaviour.latencyMs = latencyMs
    // The default patience; 500 ms is far from both.
    const link = createUpstashLink(rest.url, 'the-token', 500)
    const { limiter, count, logged } = await open(link, 500)
    for (let n = 0; n < 20; n++) {
      await Promise.all([count(), count(), count()])
      expect(limiter.mode()).toBe('redis')
    }
    expect(logged).toEqual([])
  })

  it('that hangs holds no more than 16 connections, and none for long', async () => {
    const rest = await startRest()
    const link = createUpstashLink(rest.url, 'the-token', 100)
    const { shared, count, logged } = await open(link, 100)
    rest.behaviour.hangs = true
    await Promise.all(Array.from({ length: 500 }, count))
    for (let n = 0; n < 30; n++) {
      await Promise.all(Array.from({ length: 20 }, count))
      await wait(50)
    }
    // One that is being closed may overlap with the one that takes its place.
    expect(rest.sockets.most).toBeLessThanOrEqual(17)
    await expect.poll(() => rest.sockets.open, { timeout: 5_000 }).toBeLessThanOrEqual(1)
    expect(logged).toEqual([expect.stringMatching(isDown)])
    rest.behaviour.hangs = false
    await expect.poll(shared.isUp, { timeout: 10_000 }).toBe(true)
  })

  const lie = async (body: string | null, status = 200) => {
    const server = createServer((_, response) => {
      response.writeHead(status, { 'Content-Type': 'application/json' })
      if (body !== null) return void response.end(body)
      const more = setInterval(() => response.write('x'.repeat(65_536)), 1)
      response.on('close', () => clearInterval(more))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closers.push(async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })
    return `http://user:the-password@127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  it.each([
    ['no JSON', '<html>'],
    ['no list', '{}'],
    ['null', '[null,null,null]'],
    ['too little', '[{"result":1}]'],
    ['wrong types', '[{"result":"1"},{"result":{}},{"result":5}]'],
    ['an error with escapes', '[{"error":"\\u001b[31m"}]'],
    ['an answer without an end', null],
  ])('that says %s is down, nobody is harmed, and no password is logged', async (_, body) => {
    const lines: string[] = []
    const url = await lie(body)
    const shared = createSharedRedis(
      createUpstashLink(url, 'the-token', 500),
      pino({}, { write: (line: string) => void lines.push(line) }),
      { patienceMs: 500 },
    )
    closers.push(shared.close)
    await shared.started()
    expect(shared.isUp()).toBe(false)
    expect(lines).toHaveLength(1)
    expect(lines[0]).not.toMatch(/the-password|the-token|\\u001b/)
  })

  it('that is not there is named without its URL', async () => {
    const lines: string[] = []
    const shared = createSharedRedis(
      createUpstashLink('http://user:the-password@127.0.0.1:1', 'the-token', 500),
      pino({}, { write: (line: string) => void lines.push(line) }),
      { patienceMs: 500 },
    )
    closers.push(shared.close)
    await shared.started()
    expect(lines.join()).toContain('ECONNREFUSED')
    expect(lines.join()).not.toContain('the-password')
  })
})

it('a count creates no AbortSignal: five seconds later each would create an exception with its stack', async () => {
  const { count } = await open(createTcpLink(redis.url), 1_000)
  const timeout = vi.spyOn(AbortSignal, 'timeout')
  expect(await count()).toMatchObject([{ refused: false }])
  expect(timeout).not.toHaveBeenCalled()
  timeout.mockRestore()
})

it('a group that one bucket refuses leaves the later buckets as they are, in a command with counts that nobody waits for', async () => {
  const { limiter } = await open(createTcpLink(redis.url), 1_000)
  const owner = randomUUID()
  const site = { kind: 'site', owner, key: 'call' } as const
  const full = { kind: 'v2', owner, key: 'visitor' } as const
  await limiter.take([{ ...full, weight: 150 }, { ...site }])
  limiter.expect!([{ ...site }])
  await wait(50)
  void limiter.take([{ ...site, weight: 3 }])
  void limiter.take([{ ...site }])
  limiter.expect!([{ kind: 'share', owner, key: 'unknown' }])
  expect(await limiter.take([{ ...full }, { ...site }])).toMatchObject([{ refused: true }])
  expect(await admin.get(`opsmantik:{${owner}}:limit:site|call`)).toBe('5')
  expect(await admin.pTTL(`opsmantik:{${owner}}:limit:site|call`)).toBeGreaterThan(0)
})

it('a Redis that speaks nonsense is down, and nothing is thrown', async () => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', () => socket.write('*1000000\r\n$-5\r\n:abc\r\n_\r\n'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(async () => void server.close())
  const url = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { shared, count } = await open(createTcpLink(url), 50)
  expect(await count()).toHaveLength(1)
  expect(shared.isUp()).toBe(false)
})
