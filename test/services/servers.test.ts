import { randomUUID } from 'node:crypto'
import type { LiveMessage } from '@opsmantik/tracker/contract'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { readConfig } from '../../server-reference/src/config/config.js'
import { startServer, type RunningServer } from '../../server-reference/src/start.js'
import { event, pageEvent } from '../../server-reference/src/testing/call.js'
import { ORIGIN, OTHER_SITE, SITE, signed } from '../../server-reference/src/testing/sign.js'
import { openServer, runChecks, serverChecks } from '../../cli/src/conformance/index.js'
import { converse } from '../../cli/src/probe/node/converse.js'
import { connect } from '../../cli/src/probe/node/websocket.js'
import { startPostgres } from './postgres.mjs'
import { startRedis } from './redis.mjs'
import { startRedisCluster } from './redis-cluster.mjs'
import { startUpstash } from './upstash.mjs'

const LIVE_TOKEN = 'the-live-token-of-this-test'
const REST_TOKEN = 'the-token-of-the-rest-interface'

let postgres: Awaited<ReturnType<typeof startPostgres>>
let redis: Awaited<ReturnType<typeof startRedis>>
let cluster: Awaited<ReturnType<typeof startRedisCluster>>
let upstash: Awaited<ReturnType<typeof startUpstash>>
let running: RunningServer[] = []

beforeAll(async () => {
  postgres = await startPostgres()
  redis = await startRedis()
  cluster = await startRedisCluster()
  upstash = await startUpstash(redis.url, REST_TOKEN)
})
afterEach(async () => {
  await Promise.all(running.map((server) => server.stop()))
  running = []
})
afterAll(async () => {
  await upstash.stop()
  await redis.stop()
  await cluster.stop()
  await postgres.stop()
})

const start = async (env: Record<string, string>): Promise<string> => {
  const config = readConfig({
    PORT: '0',
    DATA_DIR: 'memory:',
    ALLOWED_ORIGINS: ORIGIN,
    SEED_SITES: [SITE, OTHER_SITE].map(({ publicId, secret }) => `${publicId}:${secret}`).join(),
    LIVE_TOKEN,
    // Redis goes on counting from one test to the next.
    RATE_LIMIT_V2: '10000',
    RATE_LIMIT_COARSE: '10000',
    RATE_LIMIT_ADDRESS: '1000000',
    RATE_LIMIT_SITE: '1000000',
    // The machine may be busy, and these tests check what the response is, not how soon it comes.
    REDIS_PATIENCE_MS: '1000',
    RATE_LIMIT_SHARE: '1000000',
    ...env,
  })
  const server = await startServer(config, pino({ level: 'silent' }))
  running.push(server)
  return server.url
}
const database = () => ({ DATABASE_URL: postgres.url() })
const sharedBy = {
  Cluster: () => ({ ...cluster.env }),
  Redis: () => ({ REDIS_URL: redis.url }),
  Upstash: () => ({
    UPSTASH_REDIS_REST_URL: upstash.url,
    UPSTASH_REDIS_REST_TOKEN: REST_TOKEN,
  }),
}

interface Answer {
  status: number
  headers: Headers
  body: Record<string, unknown>
}
const post = async (url: string, body: string, path = '/api/call-event/v2'): Promise<Answer> => {
  const response = await fetch(url + path, {
    method: 'POST',
    body,
    headers: {
      'Content-Type': 'application/json',
      ...(path === '/api/sync' ? { Origin: ORIGIN } : signed(body)),
    },
  })
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  }
}
const health = async (url: string) =>
  (await (await fetch(`${url}/api/health`)).json()) as Record<string, unknown>

const PLACES: [string, () => Record<string, string>, string][] = [
  ['PGlite, limits in memory', () => ({}), 'memory'],
  ['PGlite and Redis', sharedBy.Redis, 'redis'],
  ['Postgres, limits in memory', database, 'memory'],
  ['Postgres and Redis', () => ({ ...database(), ...sharedBy.Redis() }), 'redis'],
  ['Postgres and a Redis Cluster', () => ({ ...database(), ...sharedBy.Cluster() }), 'redis'],
  ['Postgres and Upstash', () => ({ ...database(), ...sharedBy.Upstash() }), 'redis'],
]

describe.each(PLACES)('the kit on the server on %s', (_, env) => {
  it('finds nothing', async () => {
    const all: Record<string, string> = {
      ...env(),
      RATE_LIMIT_V1: '80',
      RATE_LIMIT_V2: '150',
      RATE_LIMIT_COARSE: '300',
    }
    const url = await start(all)
    // An embedded database belongs to one process.
    const peerUrl = all['DATABASE_URL'] ? await start(all) : undefined
    const targetFor = await openServer({
      url,
      origin: ORIGIN,
      siteId: SITE.publicId,
      secret: SITE.secret,
      otherSiteId: OTHER_SITE.publicId,
      otherSecret: OTHER_SITE.secret,
      liveToken: LIVE_TOKEN,
      peerUrl,
      connect,
      converse,
    })
    const results = await runChecks(serverChecks, targetFor, { limit: 60_000 })
    expect(results.filter(({ verdict }) => /failed|broken/.test(verdict))).toEqual([])
    const unseen = results.filter(({ verdict }) => verdict === 'unseen').map(({ id }) => id)
    // The server's own tests read recorded calls on every store; here is no token of a site.
    expect(unseen.filter((id) => !id.startsWith('read.calls-'))).toEqual([
      'origin.signing-disabled',
      'signature.next-secret',
      ...(peerUrl ? [] : ['live.after-elsewhere']),
      // They wait for time-outs of the server.
      'live.ping',
      'socket.timeout',
      // They need a command that prints recorded rows, or one that restarts the server.
      'read.fields',
      'read.once',
      'read.without-event-id',
      'read.refused',
      'durable.acknowledged',
      'durable.sessions',
    ])
  })
})

describe.each(PLACES)('the server on %s', (_, env, limiter) => {
  let url: string
  beforeEach(async () => {
    url = await start({ ...env(), RATE_LIMIT_V1: '3' })
  })

  it('says in health that it is well, and how it counts', async () => {
    expect(await health(url)).toMatchObject({ ok: true, db_ok: true, limiter })
  })

  it('records an event once, and says noop with its call_id when it comes again', async () => {
    const body = event()
    const first = await post(url, body)
    expect(first).toMatchObject({ status: 200, body: { status: 'unmatched' } })
    const again = await post(url, body)
    expect(again).toMatchObject({
      status: 200,
      body: { status: 'noop', call_id: first.body.call_id },
    })
  })

  it('twenty equal events at once are one call', async () => {
    const body = event()
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(url, body)))
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(answers.filter((answer) => answer.body.status === 'unmatched')).toHaveLength(1)
    expect(new Set(answers.map((answer) => answer.body.call_id)).size).toBe(1)
  })

  it('matches a call to the session that a page event has begun', async () => {
    const fp = randomUUID()
    const synced = await post(
      url,
      JSON.stringify(pageEvent({ sid: fp, meta: { fp } })),
      '/api/sync',
    )
    expect(synced.body).toMatchObject({ ok: true, accepted: 1 })
    const { body } = await post(url, event({ fingerprint: fp }))
    expect(body).toMatchObject({ status: 'matched', session_id: fp })
  })

  it('records a batch of page events whole or not at all', async () => {
    const fp = randomUUID()
    const batch = [pageEvent({ sid: fp, meta: { fp } }), pageEvent({ s: 'f'.repeat(32) })]
    const refused = await post(url, JSON.stringify({ events: batch }), '/api/sync')
    expect(refused.status).toBe(400)
    expect(JSON.stringify(refused.body)).toContain('events.1')
    const { body } = await post(url, event({ fingerprint: fp }))
    expect(body.status).toBe('unmatched')
  })

  it('refuses what is too much, with the headers of the draft', async () => {
    const send = () =>
      fetch(`${url}/api/call-event`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Origin: ORIGIN, ...signed('{}') },
        body: '{}',
      })
    const good = async () => {
      const body = event()
      return fetch(`${url}/api/call-event`, {
        method: 'POST',
        body,
        headers: {
          'Content-Type': 'application/json',
          Origin: ORIGIN,
          'User-Agent': `a browser on ${limiter}${url}`,
          ...signed(body),
        },
      })
    }
    expect((await send()).status).toBe(400)
    const statuses = []
    for (let n = 0; n < 3; n++) statuses.push((await good()).status)
    expect(statuses).toEqual([200, 200, 200])
    const refused = await good()
    expect(refused.status).toBe(429)
    expect(refused.headers.get('RateLimit-Policy')).toContain('"v1";q=3;w=60')
    expect(refused.headers.get('RateLimit')).toMatch(/^"v1";r=0;t=\d+/)
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0)
    expect(await refused.json()).toMatchObject({
      code: 'RATE_LIMITED',
      retry_after: Number(refused.headers.get('Retry-After')),
    })
  })
})

/** A reader of the feed and what it has heard. */
const read = async (url: string, after?: string) => {
  const query = after === undefined ? '' : `?after=${after}`
  const socket = new WebSocket(
    `${url.replace('http', 'ws')}/api/live${query}`,
    ['ops.live.v1', `token.${LIVE_TOKEN}`],
    { origin: ORIGIN },
  )
  const heard: LiveMessage[] = []
  socket.on('message', (text) => heard.push(JSON.parse(String(text)) as LiveMessage))
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return {
    calls: () => heard.flatMap((message) => (message.type === 'call' ? [message.call_id] : [])),
    last: () => heard.at(-1)!.id,
    close: () => socket.close(),
  }
}

describe.each([
  ['NOTIFY', () => ({})],
  ['Redis', sharedBy.Redis],
  ['Upstash', sharedBy.Upstash],
  ['a Redis Cluster', sharedBy.Cluster],
] as const)('two servers on one Postgres, told of each other by %s', (_, shared) => {
  let one: string
  let two: string
  beforeEach(async () => {
    one = await start({ ...database(), ...shared() })
    two = await start({ ...database(), ...shared() })
  })
  const record = async (url: string): Promise<string> =>
    String((await post(url, event())).body.call_id)

  it('every reader of either sees every call of both, and can come back for what it missed', async () => {
    const readers = [await read(one), await read(two)]
    const ids: string[] = []
    for (let n = 0; n < 5; n++) ids.push(await record(one), await record(two))
    for (const { calls } of readers)
      await expect.poll(() => calls().toSorted(), { timeout: 5_000 }).toEqual(ids.toSorted())

    const position = readers[0]!.last()
    readers[0]!.close()
    const missed = [await record(two), await record(one), await record(two)]
    await expect
      .poll(() => readers[1]!.calls().toSorted(), { timeout: 5_000 })
      .toEqual([...ids, ...missed].toSorted())
    const back = await read(one, position)
    // A call may arrive twice.
    await expect
      .poll(() => back.calls(), { timeout: 5_000 })
      .toEqual(expect.arrayContaining(missed))
  })

  it('an event that reaches both at once is one call, and both say which', async () => {
    const bodies = Array.from({ length: 25 }, () => event())
    const pairs = await Promise.all(
      bodies.map((body) => Promise.all([post(one, body), post(two, body)])),
    )
    for (const [a, b] of pairs) {
      expect([a.status, b.status]).toEqual([200, 200])
      expect(a.body.call_id).toBe(b.body.call_id)
      expect([a.body.status, b.body.status].toSorted()).toEqual(['noop', 'unmatched'])
    }
  })
})

describe.each(['SIGSTOP', 'SIGKILL'] as const)('Redis after %s', (signal) => {
  it('no request fails or waits for it, health says so, and it is used again once it is back', async () => {
    const url = await start({ ...database(), ...sharedBy.Redis(), REDIS_PATIENCE_MS: '200' })
    expect(await health(url)).toMatchObject({ limiter: 'redis' })

    if (signal === 'SIGSTOP') redis.signal('SIGSTOP')
    else await redis.halt('SIGKILL')
    const bodies = Array.from({ length: 20 }, () => event())
    const began = Date.now()
    const answers = await Promise.all(bodies.map((body) => post(url, body)))
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    // A client of Redis that queues waits for seconds, or for ever.
    expect(Date.now() - began).toBeLessThan(2_000)
    expect(await health(url)).toMatchObject({ ok: true, limiter: 'degraded' })
    expect((await health(url)).warnings).toContainEqual(
      expect.objectContaining({ code: 'LIMITER_DEGRADED' }),
    )
    const again = await Promise.all(bodies.map((body) => post(url, body)))
    expect(again.map(({ body }) => body.status)).toEqual(Array(20).fill('noop'))

    if (signal === 'SIGSTOP') redis.signal('SIGCONT')
    else await redis.resume()
    await expect
      .poll(async () => (await health(url)).limiter, { timeout: 10_000, interval: 100 })
      .toBe('redis')
    expect((await post(url, event())).body.status).toBe('unmatched')
  })
})

it('a node of a Redis Cluster is killed under load: no event is lost, limits go on in memory, and all is well once it is back', async () => {
  const servers = [
    await start({ ...database(), ...sharedBy.Cluster(), REDIS_PATIENCE_MS: '200' }),
    await start({ ...database(), ...sharedBy.Cluster(), REDIS_PATIENCE_MS: '200' }),
  ]
  for (const url of servers) expect((await health(url)).limiter).toBe('redis')
  const reader = await read(servers[0]!)
  const acknowledged: string[] = []
  const more = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n += 20)
      await Promise.all(
        Array.from({ length: 20 }, async (_, index) => {
          const body = event()
          const url = servers[index % 2]!
          const { status, body: answer } = await post(url, body)
          expect([status, answer.status]).toEqual([200, 'unmatched'])
          acknowledged.push(String(answer.call_id))
          // A retry at the other server is the same call, with or without Redis.
          if (index === 0)
            expect((await post(servers[1]!, body)).body).toMatchObject({
              status: 'noop',
              call_id: answer.call_id,
            })
        }),
      )
  }
  await more(200)
  const [node] = cluster.nodes
  const load = more(600)
  await node!.halt('SIGKILL')
  await load
  for (const url of servers)
    await expect.poll(async () => (await health(url)).limiter, { timeout: 10_000 }).toBe('degraded')
  await more(200)
  await node!.resume()
  for (const url of servers)
    await expect
      .poll(async () => (await health(url)).limiter, { timeout: 30_000, interval: 200 })
      .toBe('redis')
  await more(200)
  expect(new Set(acknowledged).size).toBe(1_200)
  await expect
    .poll(() => new Set(reader.calls()).size, { timeout: 20_000, interval: 200 })
    .toBe(1_200)
})
