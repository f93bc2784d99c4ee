import { CALL_EVENT_V1 } from '@opsmantik/tracker/contract'
import { expect, it } from 'vitest'
import { createApp } from '../app.js'
import { createMemoryLimiter } from '../limits/memory-limiter.js'
import { call, pageEvent, sync } from '../testing/call.js'
import { ORIGIN } from '../testing/sign.js'
import { createWorld, limits } from '../testing/world.js'
import type { World } from '../world.js'

const world = (changed: Parameters<typeof limits>[0], trustedHops = 0) =>
  createWorld({ limiter: createMemoryLimiter(limits(changed)), trustedHops })

const v1 = (target: World, headers: Record<string, string> = {}, address?: string) =>
  call(target, {
    path: CALL_EVENT_V1,
    headers: { Origin: ORIGIN, ...headers },
    ...(address && { address }),
  })

it('the request after the last one is 429 with Retry-After and both headers', async () => {
  const limited = world({ coarse: 2 })
  expect((await v1(limited)).headers.get('ratelimit')).toContain('"coarse";r=1;t=60')
  await v1(limited)
  const { status, body, headers } = await v1(limited)
  expect(status).toBe(429)
  expect(body).toEqual({
    error: 'Rate limit exceeded',
    code: 'RATE_LIMITED',
    retry_after: 60,
    request_id: expect.any(String),
  })
  expect(headers.get('retry-after')).toBe('60')
  expect(headers.get('ratelimit')).toBe('"coarse";r=0;t=60, "address";r=5997;t=60')
  expect(headers.get('ratelimit-policy')).toBe('"coarse";q=2;w=60, "address";q=6000;w=60')
})

it('refused requests count too, so guessing signatures is limited', async () => {
  const limited = world({ coarse: 1, address: 2 })
  const headers = { 'X-Ops-Signature': '0'.repeat(64) }
  expect((await v1(limited, headers)).status).toBe(401)
  expect((await v1(limited, headers)).status).toBe(429)
  expect((await call(limited, { headers, address: '192.0.2.9' })).status).toBe(401)
  expect((await call(limited, { headers, address: '192.0.2.9' })).status).toBe(401)
  expect((await call(limited, { headers, address: '192.0.2.9' })).status).toBe(429)
})

it('another user agent is another client, up to the address’s own limit', async () => {
  const limited = world({ coarse: 1, address: 2 })
  const as = async (agent: string) => (await v1(limited, { 'User-Agent': agent })).status
  expect([await as('a'), await as('b'), await as('c')]).toEqual([200, 200, 429])
})

it.each(['V1', 'V2', 'sync'])(
  'a fresh X-Forwarded-For with each request gives nobody a fresh bucket on %s',
  async (endpoint) => {
    for (const hops of [0, 1]) {
      const limited = world({ coarse: 3, sync: 3, address: 3 }, hops)
      const statuses = []
      for (let n = 0; n < 10; n++) {
        // With one load balancer of the server's own, it has appended the caller's address to what the caller invented.
        const forwarded = `203.0.113.${n}` + (hops === 1 ? ', 198.51.100.7' : '')
        const headers = { 'X-Forwarded-For': forwarded, 'X-Ops-Proxy': '1', 'User-Agent': `a${n}` }
        const sent =
          endpoint === 'V1'
            ? await v1(limited, headers)
            : endpoint === 'V2'
              ? await call(limited, { headers })
              : await sync(limited, pageEvent(), { headers: { Origin: ORIGIN, ...headers } })
        statuses.push(sent.status)
      }
      expect(statuses.filter((status) => status !== 429)).toHaveLength(3)
    }
  },
)

it('behind one load balancer of the server’s own the address that it appended counts', async () => {
  const limited = world({ coarse: 1 }, 1)
  const from = async (forwarded: string) =>
    (await v1(limited, { 'X-Forwarded-For': forwarded })).status
  expect([
    await from('203.0.113.1'),
    await from('203.0.113.2'),
    await from('198.51.100.9, 203.0.113.2'),
  ]).toEqual([200, 200, 429])
})

it('before the signature a V2 request counts for its address only', async () => {
  const limited = world({ coarse: 1, sync: 1, v1: 1 })
  const refused = { 'X-Ops-Signature': '0'.repeat(64) }
  const { status, headers } = await call(limited, { headers: refused })
  expect(status).toBe(401)
  expect(headers.get('ratelimit-policy')).toBe('"address";q=6000;w=60')
  expect((await call(limited)).status).toBe(200)
})

it('addresses of one /64 are one client, and an IPv4-mapped address is the IPv4 address', async () => {
  const limited = world({ coarse: 1 })
  const from = async (address: string) => (await v1(limited, {}, address)).status
  expect([await from('2001:db8::1'), await from('2001:db8::2')]).toEqual([200, 429])
  expect([
    await from('192.0.2.7'),
    await from('::ffff:192.0.2.7'),
    await from('::ffff:c000:207'),
  ]).toEqual([200, 429, 429])
})

it('sync has a bucket of its own', async () => {
  const limited = world({ sync: 1, coarse: 1 })
  const answers = [
    await sync(limited, pageEvent()),
    await v1(limited),
    await sync(limited, pageEvent()),
  ]
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 429])
  expect(answers[2]!.headers.get('ratelimit')).toContain('"sync";r=0')
})

it('every request counts for its address, also one of a path or with a method that does not exist', async () => {
  const app = createApp(world({ address: 6 }))
  const ask = async (path: string, method: string, headers: Record<string, string> = {}) => {
    const response = await app.request(path, { method, headers }, { address: '192.0.2.77' })
    const left = /"address";r=(\d+)/.exec(response.headers.get('ratelimit') ?? '')?.[1]
    return [response.status, left]
  }
  // A preflight is answered before any limit.
  const preflight = { Origin: ORIGIN, 'Access-Control-Request-Method': 'POST' }
  expect(await ask('/api/call-event/', 'OPTIONS', preflight)).toEqual([204, undefined])
  expect(await ask('/api/sync', 'OPTIONS', preflight)).toEqual([204, undefined])

  expect(await ask('/nope', 'GET')).toEqual([404, '5'])
  expect(await ask('/nope', 'POST')).toEqual([404, '4'])
  expect(await ask('/api/sync', 'DELETE')).toEqual([405, '3'])
  expect(await ask('/api/health', 'POST')).toEqual([405, '2'])
  expect(await ask('/api/health', 'GET')).toEqual([200, '1'])
  expect(await ask('/nope', 'GET')).toEqual([404, '0'])
  expect(await ask('/nope', 'GET')).toEqual([429, '0'])
  expect(await ask('/api/sync', 'DELETE')).toEqual([429, '0'])
  expect(await ask('/api/health', 'POST')).toEqual([429, '0'])
  expect(await ask('/api/sync', 'OPTIONS', preflight)).toEqual([204, undefined])
})
