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

it('V2 counts per proxy host too, lower-cased and cut; without one it is unknown', async () => {
  const limited = world({ v2: 1 })
  const via = async (host?: string) =>
    (await call(limited, { headers: { 'X-Ops-Proxy-Host': host } })).status
  expect([await via('a.example'), await via('b.example'), await via(), await via('???')]).toEqual([
    200, 200, 200, 429,
  ])
  expect([await via('A.EXAMPLE'), await via('b.example:8080'), await via('a.example|b')]).toEqual([
    429, 429, 429,
  ])
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
