import { expect, it } from 'vitest'
import { createMemoryLimiter } from '../limits/memory-limiter.js'
import { call, pageEvent, sync } from '../testing/call.js'
import { createWorld, limits } from '../testing/world.js'

const world = (changed: Parameters<typeof limits>[0], trustedHops = 0) =>
  createWorld({ limiter: createMemoryLimiter(limits(changed)), trustedHops })

it('the request after the last one is 429 with Retry-After and both headers', async () => {
  const limited = world({ coarse: 2 })
  expect((await call(limited)).headers.get('ratelimit')).toContain('"coarse";r=1;t=60')
  await call(limited)
  const { status, body, headers } = await call(limited)
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
  const limited = world({ coarse: 1 })
  const headers = { 'X-Ops-Signature': '0'.repeat(64) }
  expect((await call(limited, { headers })).status).toBe(401)
  expect((await call(limited, { headers })).status).toBe(429)
})

it('another user agent is another client, up to the address’s own limit', async () => {
  const limited = world({ coarse: 1, address: 2 })
  const as = async (agent: string) =>
    (await call(limited, { headers: { 'User-Agent': agent } })).status
  expect([await as('a'), await as('b'), await as('c')]).toEqual([200, 200, 429])
})

it('a made-up X-Forwarded-For buys no fresh bucket', async () => {
  const limited = world({ coarse: 1 })
  const from = async (forwarded: string) =>
    (await call(limited, { headers: { 'X-Forwarded-For': forwarded } })).status
  expect([await from('203.0.113.1'), await from('203.0.113.2')]).toEqual([200, 429])
})

it('behind one trusted proxy the address that it appended counts', async () => {
  const limited = world({ coarse: 1 }, 1)
  const from = async (forwarded: string) =>
    (await call(limited, { headers: { 'X-Forwarded-For': forwarded } })).status
  expect([
    await from('203.0.113.1'),
    await from('203.0.113.2'),
    await from('198.51.100.9, 203.0.113.2'),
  ]).toEqual([200, 200, 429])
})

it('sync has a bucket of its own', async () => {
  const limited = world({ sync: 1, coarse: 1 })
  const answers = [
    await sync(limited, pageEvent()),
    await call(limited),
    await sync(limited, pageEvent()),
  ]
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 429])
  expect(answers[2]!.headers.get('ratelimit')).toContain('"sync";r=0')
})
