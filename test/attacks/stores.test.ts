import { createServer, type AddressInfo } from 'node:net'
import { createClient } from 'redis'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { event } from '../../server-reference/src/testing/call.js'
import { SITE, signed } from '../../server-reference/src/testing/sign.js'
import { databaseAt } from '../services/faults/scene.js'
import { startPostgres } from '../services/postgres.mjs'
import { startRedis } from '../services/redis.mjs'
import { launchForTest } from './support/launch-server.js'

const ORIGIN = 'https://shop.example'
const TOKEN = 'live-token-of-the-attacks'
const ENV = {
  SEED_SITES: `${SITE.publicId}:${SITE.secret}`,
  ALLOWED_ORIGINS: ORIGIN,
  LIVE_TOKEN: TOKEN,
}
/** Texts that resemble a message of another process, and are not one. */
const HOSTILE = [
  '',
  '0:null',
  '0:{}',
  '0:[]',
  '0:"x"',
  '1:x',
  '-1:{}',
  '99999999999999999999:{}',
  'null',
  '{',
  '{"from":null,"messages":null}',
  '{"from":"x","messages":[null,1,"x",[],{}]}',
  '{"from":"x","messages":[{"type":"call"}]}',
  '{"from":"x","messages":{"length":1e9}}',
  '{"from":"x","reading":{}}',
  '{"__proto__":{"type":"call"}}',
  'x'.repeat(7_000),
]

const post = (url: string): Promise<Response> => {
  const body = event()
  return fetch(`${url}/api/call-event/v2`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json', ...signed(body) },
  })
}
/** Resolves with the next call that a reader is sent. */
const nextCall = async (url: string): Promise<{ heard: Promise<string> }> => {
  const reader = new WebSocket(
    `${url.replace('http', 'ws')}/api/live?token=${TOKEN}`,
    'ops.live.v1',
    {
      origin: ORIGIN,
    },
  )
  onTestFinished(() => reader.terminate())
  await new Promise((resolve, reject) => reader.on('open', resolve).on('error', reject))
  const heard = new Promise<string>((resolve) => {
    reader.on('message', (data) => {
      const text = String(data)
      if (text.includes('"type":"call"')) resolve(text)
    })
  })
  return { heard }
}

it('a role that may NOTIFY cannot end the server, nor stop its feed', async () => {
  const postgres = await startPostgres()
  onTestFinished(() => postgres.stop())
  const server = launchForTest({ env: { ...ENV, DATABASE_URL: postgres.url() } })
  const url = await server.ready
  const { heard } = await nextCall(url)
  const { query } = databaseAt(postgres.url())
  for (const text of HOSTILE)
    await query(`select pg_notify('opsmantik_live', '${text.replaceAll("'", "''")}')`)
  // Pieces that are never completed.
  await query(
    `select pg_notify('opsmantik_live', '1:' || repeat('x', 7000)) from generate_series(1, 200)`,
  )
  const { call_id } = (await (await post(url)).json()) as { call_id: string }
  expect(await heard).toContain(call_id)
  expect(await server.kill('SIGTERM')).toBe(0)
  expect(server.stderr()).not.toMatch(/TypeError|\n\s+at /)
}, 120_000)

it('a client that may PUBLISH in Redis, or write its keys, cannot end the server, nor stop its feed', async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const server = launchForTest({ env: { ...ENV, REDIS_URL: redis.url } })
  const url = await server.ready
  const { heard } = await nextCall(url)
  expect((await post(url)).status).toBe(200)
  const client = createClient({ url: redis.url })
  await client.connect()
  for (const text of HOSTILE) await client.publish('opsmantik_live', text)
  for (const key of await client.keys('*')) await client.set(key, 'not what was stored')
  const { status, headers } = await post(url)
  expect([200, 429]).toContain(status)
  expect(headers.get('content-type')).toContain('json')
  client.destroy()
  expect(await heard).toContain('"type":"call"')
  expect(await server.kill('SIGTERM')).toBe(0)
  expect(server.stderr()).not.toMatch(/TypeError|\n\s+at /)
}, 120_000)

it('an Upstash that accepts and never answers costs few connections and no event', async () => {
  const open = new Set<object>()
  let most = 0
  const hung = createServer((socket) => {
    open.add(socket)
    most = Math.max(most, open.size)
    socket.on('error', () => {}).on('close', () => open.delete(socket))
  })
  await new Promise<void>((resolve) => hung.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void hung.close())
  const { port } = hung.address() as AddressInfo
  const server = launchForTest({
    env: {
      ...ENV,
      UPSTASH_REDIS_REST_URL: `http://127.0.0.1:${port}`,
      UPSTASH_REDIS_REST_TOKEN: 'the-token-of-upstash',
    },
  })
  const url = await server.ready
  const statuses = new Set<number>()
  const until = Date.now() + 6_000
  // The smaller limits of memory hold: at most 30 a minute for one visitor.
  for (let n = 0; n < 25 || Date.now() < until; n++) {
    statuses.add((await post(url)).status)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  expect([...statuses].filter((status) => status !== 200 && status !== 429)).toEqual([])
  expect(most).toBeLessThanOrEqual(20)
  const health = (await (await fetch(`${url}/api/health`)).json()) as { limiter: string }
  expect(health.limiter).toBe('degraded')
  expect(await server.kill('SIGTERM')).toBe(0)
}, 120_000)
