import { afterEach, expect, it } from 'vitest'
import { createMemoryLimiter } from '../../server-reference/src/limits/memory-limiter.js'
import { createMemoryStore } from '../../server-reference/src/store/memory-store.js'
import { limits } from '../../server-reference/src/testing/world.js'
import { examine, errorsOf, expectErrors, finding, warningsOf } from './support/expect.js'
import { startGateway } from './support/gateway.js'
import { SECRET, SITE, startInMemory, type TestServer } from './support/server.js'

const started: TestServer[] = []
afterEach(async () => {
  for (const one of started.splice(0).toReversed()) await one.stop()
})
const start = async (...how: Parameters<typeof startInMemory>): Promise<string> => {
  const server = await startInMemory(...how)
  started.push(server)
  return server.url
}
const signed = { siteId: SITE, secretEnv: 'OPS_SECRET', env: { OPS_SECRET: SECRET } }

it('a wrong secret is told from a wrong clock', async () => {
  const url = await start()
  const diagnosis = await examine(url, {
    ...signed,
    env: { OPS_SECRET: 'another-secret-of-24-chars' },
  })
  const found = expectErrors(diagnosis, 'secret-wrong')
  expect(found.whose).toBe('secret')
  expect(found.fix).toMatch(/^OPS_SECRET=<the site’s current secret>/)
  expect(found.check).toContain('-hmac "$OPS_SECRET"')
  expect(found.check).toContain('expect 400 INVALID_BODY')
})

it('a secret with a line break or quotes around it', async () => {
  const url = await start()
  for (const text of [`${SECRET}\n`, `"${SECRET}"`]) {
    const found = expectErrors(
      await examine(url, { ...signed, env: { OPS_SECRET: text } }),
      'secret-has-extra-characters',
    )
    expect(found.whose).toBe('secret')
  }
})

it('an unknown site looks like a wrong secret, and the report says so', async () => {
  const found = expectErrors(
    await examine(await start(), { ...signed, siteId: '0'.repeat(31) + '1' }),
    'secret-wrong',
  )
  expect(found.title).toContain('or there is no such site')
})

it('a server whose clock is ten minutes ahead refuses signatures, and the secret is known to be right', async () => {
  const url = await start({}, { now: () => Date.now() + 600_000 })
  const diagnosis = await examine(url, signed)
  const found = expectErrors(diagnosis, 'clock-refuses-signature', 'clock-differs')
  expect(found.whose).toBe('clock')
  expect(found.title).toContain('behind the server')
  const clock = finding(diagnosis, 'clock-differs')
  expect(clock.whose).toBe('clock')
  expect(clock.title).toMatch(/^The server’s clock is (599|600|601) s ahead/)
  expect(clock.title).toContain('the server’s clock is wrong (others agree with this machine)')
})

it('a database whose clock differs from its server’s is not taken for a wrong secret', async () => {
  const store = createMemoryStore([{ id: SITE, publicId: SITE, secrets: [SECRET] }])
  const url = await start({}, { now: () => Date.now() + 600_000, store })
  const diagnosis = await examine(url, signed)
  expectErrors(diagnosis, 'clock-refuses-signature', 'clock-differs')
  expect(warningsOf(diagnosis)).toEqual(['secret-not-proven'])
})

it('this machine’s clock is wrong: the server’s two witnesses agree', async () => {
  const url = await start()
  const found = expectErrors(
    await examine(url, { now: () => Date.now() + 120_000 }),
    'clock-differs',
  )
  expect(found.title).toMatch(/^The server’s clock is 1(19|20|21) s behind/)
  expect(found.fix).toContain('timedatectl set-ntp true')
})

it('a clock that is 40 s off is a warning, one that is 10 s off is none', async () => {
  const slow = await examine(await start({}, { now: () => Date.now() + 40_000 }))
  expect(errorsOf(slow)).toEqual([])
  expect(warningsOf(slow)).toEqual(['clock-differs'])
  const fine = await examine(await start({}, { now: () => Date.now() + 10_000 }))
  expect(warningsOf(fine)).toEqual([])
})

it('a database that does not answer', async () => {
  const broken = { ping: () => Promise.reject(new Error('gone')), onLateMatch: () => {} }
  const url = await start({}, { store: broken as never })
  const found = expectErrors(await examine(url), 'database-unavailable')
  expect(found.whose).toBe('server')
  expect(found.fix).toMatch(/^DATABASE_URL=/)
})

it('a verifier that cannot be reached', async () => {
  const url = await start()
  const gateway = await startGateway(url, {
    instead: ({ headers, method }) =>
      method === 'POST' && headers['x-ops-signature']
        ? {
            status: 503,
            headers: { 'content-type': 'application/json', 'retry-after': '5' },
            body: '{"error":"…","code":"SIGNATURE_VERIFIER_UNAVAILABLE"}',
          }
        : undefined,
  })
  started.push(gateway)
  expectErrors(await examine(gateway.url, signed), 'database-unavailable')
})

it('a limiter that has lost Redis', async () => {
  const url = await start(
    {},
    { limiter: { ...createMemoryLimiter(limits()), mode: () => 'degraded' } },
  )
  const diagnosis = await examine(url)
  const found = finding(diagnosis, 'limiter-degraded')
  expect(found.severity).toBe('warning')
  expect(found.fix).toMatch(/^REDIS_URL=/)
})

it('what a server warns of is handed on', async () => {
  const url = await start(
    {},
    {
      warnings: [{ code: 'DATA_NOT_KEPT', message: 'DATA_DIR is memory: nothing is kept' }],
    },
  )
  const diagnosis = await examine(url)
  expect(errorsOf(diagnosis)).toEqual([])
  expect(finding(diagnosis, 'health-warnings').title).toContain('DATA_DIR is memory')
})

it('V2 that refuses requests without an Origin cannot be used by a proxy', async () => {
  const url = await start()
  const gateway = await startGateway(url, {
    instead: ({ headers, method }) =>
      method === 'POST' && headers['origin'] === undefined
        ? {
            status: 403,
            headers: { 'content-type': 'application/json' },
            body: '{"error":"Origin not allowed","code":"ORIGIN_NOT_ALLOWED"}',
          }
        : undefined,
  })
  started.push(gateway)
  const found = expectErrors(await examine(gateway.url), 'v2-needs-origin')
  expect(found.whose).toBe('server')
})

it('signatures switched off, and V2 open to everybody', async () => {
  const url = await start({ CALL_EVENT_SIGNING_DISABLED: '1' })
  const gateway = await startGateway(url, {
    there: ({ headers }) => {
      headers['origin'] ??= 'https://www.customer.example'
    },
  })
  started.push(gateway)
  expectErrors(await examine(gateway.url), 'v2-open-to-everybody')
})

it('nothing of what the doctor sends is recorded, even with signatures switched off', async () => {
  for (const env of [{}, { CALL_EVENT_SIGNING_DISABLED: '1', ALLOWED_ORIGINS: '*' }]) {
    const server = await startInMemory(env)
    started.push(server)
    await examine(server.url, { ...signed, proxyUrl: `${server.url}/api/call-event/v2` })
    expect(server.recorded()).toBe(0)
  }
})
