import { createHash } from 'node:crypto'
import { CALL_EVENT_V1, CALL_EVENT_V2, SYNC } from '@opsmantik/tracker/contract'
import { expect, it } from 'vitest'
import { createApp, type App } from '../app.js'
import { OriginPolicy } from '../config/origins.js'
import { call, event, pageEvent, sync } from '../testing/call.js'
import { ORIGIN, OTHER_SITE, SITE, signed } from '../testing/sign.js'
import { assetRoutes } from '../pages/assets.js'
import { createWorld, type TestWorld } from '../testing/world.js'
import type { Lights } from './lights.js'

const TOKEN = 'ops_token-of-the-first-site'
const OTHER_TOKEN = 'ops_token-of-the-other-site'

interface Seen {
  kind: string
  endpoint: string
  code: string | null
  origin: string | null
  proxy_host: string | null
  is_verified: boolean
  count: number
  hint: string | null
}
interface Setup {
  lights: Lights
  seen: Seen[]
  elsewhere: Seen[]
  origins: string[]
  origin_allowed: boolean | null
}

/** A server whose clock goes one second on with each look, as two sites that name their origins have it. */
const open = (): { world: TestWorld; app: App } => {
  let at = Date.now()
  const world = createWorld({
    now: () => (at += 10),
    origins: new OriginPolicy([{ origin: ORIGIN, until: null }], Date.now, true),
  })
  const digest = (token: string): string => createHash('sha256').update(token).digest('hex')
  world.store.memory.tokens.set(digest(TOKEN), SITE.id)
  world.store.memory.tokens.set(digest(OTHER_TOKEN), OTHER_SITE.id)
  world.origins.setNamed(
    new Map([
      [SITE.id, [ORIGIN]],
      [OTHER_SITE.id, ['https://www.other.example']],
    ]),
  )
  const files = new Map([['core.js', new TextEncoder().encode('x')]])
  const script = assetRoutes({ name: 'No limit', section: '9', run: () => undefined }, files)
  return { world, app: createApp(world, script) }
}
const setup = async (app: App, token = TOKEN, query = ''): Promise<Setup> => {
  const response = await app.request(`/api/calls/setup${query}`, {
    headers: { Authorization: `Bearer ${token}` },
  })
  expect(response.status).toBe(200)
  return (await response.json()) as Setup
}
const states = ({ lights }: Setup): string[] =>
  Object.values(lights).map(({ state }: { state: string }) => state)
const preflight = (app: App, origin: string) =>
  app.request(CALL_EVENT_V1, {
    method: 'OPTIONS',
    headers: { Origin: origin, 'Access-Control-Request-Method': 'POST' },
  })

it('a site of which nothing was seen waits', async () => {
  const { app } = open()
  const found = await setup(app, TOKEN, `?origin=${ORIGIN}`)
  expect(states(found)).toEqual(['waiting', 'waiting', 'waiting', 'waiting'])
  expect(found).toMatchObject({ origins: [ORIGIN], origin_allowed: true, seen: [], elsewhere: [] })
  for (const origin of ['https://www.other.example', 'https://no.example', 'x'])
    expect(await setup(app, TOKEN, `?origin=${origin}`)).toMatchObject({ origin_allowed: false })
})

it('the lights turn green one after the other, as a site is put right', async () => {
  const { app } = open()
  await app.request('/assets/core.js', { headers: { Referer: `${ORIGIN}/contact` } })
  expect(states(await setup(app))).toEqual(['ok', 'waiting', 'waiting', 'waiting'])

  await preflight(app, 'https://www.shop.example')
  let found = await setup(app)
  expect(states(found)).toEqual(['ok', 'problem', 'waiting', 'waiting'])
  expect(found.lights.origin).toMatchObject({
    code: 'ORIGIN_NOT_ALLOWED',
    origin: 'https://www.shop.example',
  })

  await sync(app, pageEvent())
  found = await setup(app)
  expect(states(found)).toEqual(['ok', 'ok', 'waiting', 'waiting'])
  expect(found.lights.origin).toMatchObject({ code: null, origin: ORIGIN })

  const body = event()
  const proxied = {
    'X-Ops-Proxy': '1',
    'X-Ops-Proxy-Host': 'Shop.example',
  }
  await call(app, {
    body,
    headers: { ...signed(body, { secret: 'x'.repeat(16) }), ...proxied },
  })
  found = await setup(app)
  expect(states(found)).toEqual(['ok', 'ok', 'problem', 'problem'])
  expect(found.lights.proxy).toMatchObject({ code: 'SIGNATURE_INVALID', host: 'shop.example' })

  await call(app, { headers: proxied })
  found = await setup(app)
  expect(states(found)).toEqual(['ok', 'ok', 'ok', 'ok'])
  expect(found.seen.map(({ kind, is_verified }) => [kind, is_verified])).toEqual([
    ['press', true],
    ['refused', false],
    ['page_view', true],
    ['preflight', false],
    ['script', false],
  ])
})

it('a script that no site’s page has loaded is shown to LIVE_TOKEN, and to the only site there is', async () => {
  const { app, world } = open()
  const load = () => app.request('/assets/core.js', { headers: { Origin: 'https://new.example' } })
  await load()
  expect((await setup(app)).seen).toEqual([])
  const all = await setup(app, world.liveToken!, `?site=${SITE.id}`)
  expect(all.elsewhere).toMatchObject([{ kind: 'script', origin: 'https://new.example' }])
  world.store.memory.sites.splice(1)
  for (let n = 0; n < 100; n++) world.now()
  await load()
  expect((await setup(app)).seen).toMatchObject([{ kind: 'script' }])
})

it('presses that the browser signs need no proxy', async () => {
  const { app } = open()
  await call(app, { path: CALL_EVENT_V1, headers: { Origin: ORIGIN } })
  expect(states(await setup(app))).toEqual(['ok', 'ok', 'unused', 'ok'])
})

it('a site sees its own refusals and no other site’s; what no site can be named for, only LIVE_TOKEN sees', async () => {
  const { app, world } = open()
  // Its header names the first site; its secret is of nobody.
  await call(app, { headers: signed('{}', { secret: 'x'.repeat(16) }) })
  // The other site's page, without www.
  await preflight(app, 'https://other.example')
  // An origin and a site of nobody.
  await preflight(app, 'https://stranger.example')
  const unknown = 'aaaaaaaabbbbccccddddeeeeeeeeeeee'
  await call(app, { headers: { 'X-Ops-Site-Id': unknown } })
  // The first site's id on the other site's page.
  const body = JSON.stringify(pageEvent())
  await call(app, {
    path: SYNC,
    body,
    headers: { Origin: 'https://www.other.example' },
  })

  const own = await setup(app)
  expect(own.seen.map(({ code, origin }) => [code, origin])).toEqual([
    ['ORIGIN_NOT_ALLOWED', 'https://www.other.example'],
    ['SIGNATURE_INVALID', null],
  ])
  expect(own.elsewhere).toEqual([])
  const others = await setup(app, OTHER_TOKEN)
  expect(others.seen.map(({ kind, origin }) => [kind, origin])).toEqual([
    ['preflight', 'https://other.example'],
  ])
  const all = await setup(app, world.liveToken!, `?site=${SITE.id}`)
  expect(all.seen).toEqual(own.seen)
  expect(all.elsewhere.map(({ code, origin }) => [code, origin])).toEqual([
    ['SIGNATURE_INVALID', null],
    ['ORIGIN_NOT_ALLOWED', 'https://stranger.example'],
  ])
  const named = await setup(
    app,
    world.liveToken!,
    `?site=${SITE.id}&origin=https://stranger.example`,
  )
  expect(named.seen.map(({ origin }) => origin)).toContain('https://stranger.example')
  const asked = await setup(app, TOKEN, '?origin=https://stranger.example')
  expect(asked.seen).toEqual(own.seen)
  // No hint tells a site's owner which origins the server allows otherwise.
  expect(JSON.stringify(others)).not.toContain(ORIGIN)
  expect(JSON.stringify(others.seen)).toContain('site origin add')
})

it('a page with a wrong site id is seen by the site that names its origin', async () => {
  const { app } = open()
  await sync(app, pageEvent({ s: 'aaaaaaaabbbbccccddddeeeeeeeeeeee' }))
  expect((await setup(app)).seen).toMatchObject([
    { code: 'INVALID_SITE_ID', origin: ORIGIN, is_verified: false },
  ])
})

it('refusals are counted, and a flood of them is bounded and pushes no press out', async () => {
  const { app, world } = open()
  await call(app)
  for (let n = 0; n < 3; n++) await call(app, { headers: signed('{}') })
  expect((await setup(app)).seen[0]).toMatchObject({ code: 'SIGNATURE_INVALID', count: 3 })
  for (let n = 0; n < 700; n++)
    await call(app, {
      path: CALL_EVENT_V2,
      headers: { ...signed('{}'), Origin: `https://evil${n}.example` },
      address: `192.0.2.${n % 200}`,
    })
  const found = await setup(app)
  expect(found.seen.length).toBeLessThanOrEqual(50)
  expect(found.seen.map(({ kind }) => kind)).toContain('press')
  expect(world.store.memory.sightings.length).toBeLessThan(50)
})

it('an origin that no browser sends is not repeated', async () => {
  const { app } = open()
  await call(app, { headers: { ...signed('{}'), Origin: 'https://a.example/<script>' } })
  const found = await setup(app)
  expect(found.seen[0]).toMatchObject({ origin: 'malformed', code: 'ORIGIN_NOT_ALLOWED' })
  expect(JSON.stringify(found)).not.toContain('<script>')
})

it('a token of another site, a wrong one and none are 401; several sites need a name', async () => {
  const { app, world } = open()
  const status = async (token: string, query = ''): Promise<number> =>
    (
      await app.request(`/api/calls/setup${query}`, {
        headers: { Authorization: `Bearer ${token}` },
      })
    ).status
  expect(await status(OTHER_TOKEN, `?site=${SITE.id}`)).toBe(401)
  expect(await status('wrong')).toBe(401)
  expect(await status(world.liveToken!)).toBe(400)
})

it('what cannot be stored fails no request, and is logged once', async () => {
  const { app, world } = open()
  world.store.addSightings = () => Promise.reject(new Error('down'))
  expect((await call(app)).status).toBe(200)
  await setup(app)
  await call(app, { headers: signed('{}') })
  await setup(app)
  expect(world.logged.filter((line) => line.includes('what was seen'))).toHaveLength(1)
})
