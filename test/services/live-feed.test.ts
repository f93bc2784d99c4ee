// The live feed between processes (contract section 12): a reader gets every call, even if the channel fails.
import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { readConfig } from '../../server-reference/src/config/config.js'
import { startServer, type RunningServer } from '../../server-reference/src/start.js'
import { openPostgres } from '../../server-reference/src/store/postgres-database.js'
import { event } from '../../server-reference/src/testing/call.js'
import { ORIGIN, SITE, signed } from '../../server-reference/src/testing/sign.js'
import { startPostgres } from './postgres.mjs'
import { startRedis } from './redis.mjs'

const LIVE_TOKEN = 'the-live-token-of-this-test'
let postgres: Awaited<ReturnType<typeof startPostgres>>
let redis: Awaited<ReturnType<typeof startRedis>>
const running = new Map<string, RunningServer>()

beforeAll(async () => {
  postgres = await startPostgres()
  redis = await startRedis()
})
afterEach(async () => {
  await Promise.all([...running.values()].map((server) => server.stop()))
  running.clear()
})
afterAll(async () => {
  await redis.stop()
  await postgres.stop()
})

const start = async (env: Record<string, string> = {}): Promise<string> => {
  const config = readConfig({
    PORT: '0',
    DATABASE_URL: postgres.url(),
    ALLOWED_ORIGINS: ORIGIN,
    SEED_SITES: `${SITE.publicId}:${SITE.secret}`,
    LIVE_TOKEN,
    REDIS_PATIENCE_MS: '1000',
    ...env,
  })
  const server = await startServer(config, pino({ level: 'silent' }))
  running.set(server.url, server)
  return server.url
}
const stop = async (url: string): Promise<void> => {
  await running.get(url)!.stop()
  running.delete(url)
}
const record = async (url: string): Promise<string> => {
  const body = event()
  const response = await fetch(`${url}/api/call-event/v2`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json', ...signed(body) },
  })
  return ((await response.json()) as { call_id: string }).call_id
}
const feedOf = async (url: string) =>
  ((await (await fetch(`${url}/api/health`)).json()) as { feed: string }).feed

const read = async (url: string, after?: string) => {
  const query = after === undefined ? '' : `?after=${after}`
  const socket = new WebSocket(
    `${url.replace('http', 'ws')}/api/live${query}`,
    ['ops.live.v1', `token.${LIVE_TOKEN}`],
    { origin: ORIGIN },
  )
  const calls: string[] = []
  let last = ''
  socket.on('message', (text) => {
    const message = JSON.parse(String(text)) as { type: string; id: string; call_id: string }
    if (message.type !== 'call') return
    calls.push(message.call_id)
    last = message.id
  })
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return {
    calls: () => calls,
    last: () => last,
    gets: (...ids: string[]) =>
      expect.poll(() => calls, { timeout: 15_000 }).toEqual(expect.arrayContaining(ids) as unknown),
    close: async () => {
      socket.close()
      await new Promise((resolve) => socket.once('close', resolve))
    },
  }
}

describe.each([
  ['NOTIFY', () => ({}), 'notify'],
  ['Redis', () => ({ REDIS_URL: redis.url }), 'redis'],
  // A port without a listener simulates a pooler without LISTEN.
  [
    'the table alone',
    () => ({ DATABASE_DIRECT_URL: 'postgres://postgres@127.0.0.1:1/x' }),
    'polling',
  ],
] as const)('two servers that hear of each other by %s', (_, env, mode) => {
  it('health says so', async () => {
    const url = await start(env())
    await expect.poll(() => feedOf(url), { timeout: 5_000 }).toBe(mode)
  })

  it('a reader that comes back to the other server, or after it has started again, misses nothing', async () => {
    const [a, b] = [await start(env()), await start(env())]
    const first = await read(a)
    const seen = await record(a)
    await first.gets(seen)
    const position = first.last()
    await first.close()

    // There are no readers now.
    const missed = [await record(a), await record(b), await record(a), await record(b)]
    const second = await read(b, position)
    await second.gets(...missed)
    expect(second.calls()).not.toContain(seen)
    await second.close()

    const more = [await record(b), await record(a)]
    const third = await read(a, position)
    await third.gets(...missed, ...more)
    await third.close()

    await stop(b)
    const c = await start(env())
    const fourth = await read(c, position)
    await fourth.gets(...missed, ...more)
  })

  it('a reader sees what the other server records', async () => {
    const [a, b] = [await start(env()), await start(env())]
    const reader = await read(a)
    const ids = []
    for (let n = 0; n < 5; n++) ids.push(await record(b), await record(a))
    await reader.gets(...ids)
    expect(new Set(reader.calls()).size).toBe(reader.calls().length)
  })
})

it('whatever somebody notifies, no process ends, and the feed goes on', async () => {
  const [a, b] = [await start(), await start()]
  const reader = await read(a)
  const database = openPostgres(postgres.url(), () => {})
  const payloads = [
    '0:null',
    '0:0',
    '0:{"from":1}',
    '',
    'abcdef012345.0:null',
    'abcdef012345.0:[]',
    'abcdef012345.999:x',
    `abcdef012345.0:{"from":"x","messages":[null,{"type":"call","id":"${'9'.repeat(40)}"}]}`,
    'abcdef012345.0:{"from":"x","messages":[{"type":"call","at":1e308}]}',
    ...Array.from({ length: 300 }, () => `abcdef012345.255:${'x'.repeat(7_900)}`),
    `abcdef012345.0:${'['.repeat(7_000)}`,
    randomUUID(),
  ]
  await database.batch(
    'anon',
    "select pg_notify('opsmantik_live', piece) from json_array_elements_text($1::json) as piece",
    payloads,
  )
  const ids = [await record(a), await record(b)]
  await reader.gets(...ids)
  expect(await feedOf(a)).toBe('notify')
  await database.close()
})
