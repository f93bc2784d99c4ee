import { CALL_EVENT_V1 } from '@opsmantik/tracker/contract'
import { expect, it } from 'vitest'
import { createMemoryLimiter } from '../limits/memory-limiter.js'
import { call, event, pageEvent, sync } from '../testing/call.js'
import { ORIGIN, OTHER_SITE, signed } from '../testing/sign.js'
import { createWorld, limits } from '../testing/world.js'

const world = (changed: Parameters<typeof limits>[0]) =>
  createWorld({ limiter: createMemoryLimiter(limits(changed)) })

it('V1 counts per site and client', async () => {
  const limited = world({ v1: 1 })
  const headers = { Origin: ORIGIN }
  const other = event({ site_id: OTHER_SITE.id })
  const statuses = [
    await call(limited, { path: CALL_EVENT_V1, headers }),
    await call(limited, { path: CALL_EVENT_V1, headers, address: '192.0.2.2' }),
    await call(limited, {
      path: CALL_EVENT_V1,
      body: other,
      headers: { ...headers, ...signed(other, { site: OTHER_SITE.id, secret: OTHER_SITE.secret }) },
    }),
    await call(limited, { path: CALL_EVENT_V1, headers }),
  ].map(({ status }) => status)
  expect(statuses).toEqual([200, 200, 200, 429])
})

it('V2 counts per proxy host too, lower-cased; what is no host name is unknown', async () => {
  const limited = world({ v2: 1 })
  const via = async (host?: string) =>
    (await call(limited, { headers: { 'X-Ops-Proxy-Host': host } })).status
  expect([await via('a.example'), await via('b.example'), await via(), await via('???')]).toEqual([
    200, 200, 200, 429,
  ])
  expect([await via('A.EXAMPLE'), await via('b.example:8080'), await via('a.example|b')]).toEqual([
    429, 429, 429,
  ])
  expect([await via('a'.repeat(129)), await via('B.Example')]).toEqual([429, 429])
})

it('a made-up proxy host does not buy more than the site’s own limit', async () => {
  const limited = world({ site: 2 })
  const via = async (host: string) =>
    (await call(limited, { headers: { 'X-Ops-Proxy-Host': host } })).status
  expect([await via('a'), await via('b'), await via('c')]).toEqual([200, 200, 429])
})

it('a flood of sync does not use up what a site’s calls may take', async () => {
  const limited = world({ site: 1 })
  const statuses = [
    await sync(limited, pageEvent()),
    await sync(limited, pageEvent()),
    await call(limited),
  ]
  expect(statuses.map(({ status }) => status)).toEqual([200, 429, 200])
})

it('an event that a limit refused is recorded when it comes again', async () => {
  const body = event()
  const limited = world({ v2: 1 })
  await call(limited)
  expect((await call(limited, { body })).status).toBe(429)
  limited.limiter = createMemoryLimiter(limits())
  expect((await call(limited, { body })).body.status).toBe('unmatched')
})

const named = (forwarded: string | undefined, headers = {}) => ({
  headers: { 'X-Forwarded-For': forwarded, 'X-Ops-Proxy-Host': 'shop.example', ...headers },
})

it('V2 believes the visitor that a proxy names, once the signature is verified', async () => {
  const limited = world({ v2: 1 })
  const visit = async (forwarded: string | undefined) =>
    (await call(limited, named(forwarded))).status
  expect([await visit('203.0.113.1'), await visit('203.0.113.2')]).toEqual([200, 200])
  expect([await visit('203.0.113.1'), await visit('198.51.100.1, 203.0.113.2')]).toEqual([429, 429])
  // A proxy that names no visitor counts as the visitor itself.
  expect([await visit(undefined), await visit('unknown')]).toEqual([200, 429])
})

it('behind a load balancer of the server’s own the visitor is one further to the left', async () => {
  const limited = createWorld({ limiter: createMemoryLimiter(limits({ v2: 1 })), trustedHops: 1 })
  const visit = async (forwarded: string) => (await call(limited, named(forwarded))).status
  expect([
    await visit('203.0.113.1, 192.0.2.50'),
    await visit('203.0.113.2, 192.0.2.50'),
    await visit('203.0.113.1, 192.0.2.50'),
  ]).toEqual([200, 200, 429])
})

it('without a verified signature nobody’s word about a visitor is believed', async () => {
  const limited = createWorld({
    limiter: createMemoryLimiter(limits({ v2: 1 })),
    signingDisabled: true,
  })
  const visit = async (forwarded: string) =>
    (await call(limited, named(forwarded, { Origin: ORIGIN }))).status
  expect([await visit('203.0.113.1'), await visit('203.0.113.2')]).toEqual([200, 429])
})

it('one address uses up its share of a site, and the others go on', async () => {
  const limited = world({ share: 2, site: 4 })
  const from = async (forwarded: string) => (await call(limited, named(forwarded))).status
  const greedy = []
  for (let n = 0; n < 20; n++) greedy.push(await from('203.0.113.1'))
  expect(greedy.filter((status) => status === 200)).toHaveLength(2)
  expect([await from('203.0.113.2'), await from('203.0.113.3')]).toEqual([200, 200])
})

it('unsigned page events of one address leave room for the proxy’s signed ones', async () => {
  const limited = world({ share: 40, site: 100 })
  const batch = { events: Array.from({ length: 20 }, () => pageEvent()) }
  const flood = []
  for (let n = 0; n < 50; n++) flood.push((await sync(limited, batch)).status)
  expect(flood.filter((status) => status === 200)).toHaveLength(2)
  const body = JSON.stringify(batch)
  const headers = { Origin: undefined, 'X-Ops-Proxy': '1', ...signed(body) }
  const signedBatch = await sync(limited, batch, { headers, address: '192.0.2.50' })
  expect(signedBatch.status).toBe(200)
})

it('a batch counts its events, for each of its sites', async () => {
  const limited = world({ share: 30 })
  const events = [
    ...Array.from({ length: 10 }, () => pageEvent()),
    ...Array.from({ length: 5 }, () => pageEvent({ s: OTHER_SITE.publicId })),
  ]
  const { headers } = await sync(limited, { events })
  expect(headers.get('ratelimit')).toContain('"share";r=20')
  // A policy is listed once: the site that is nearest to its limit.
  expect(headers.get('ratelimit')).not.toContain('"share";r=25')
})
