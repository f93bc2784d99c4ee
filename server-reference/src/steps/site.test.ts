import { expect, it } from 'vitest'
import { OriginPolicy } from '../config/origins.js'
import { call, event, pageEvent, sync } from '../testing/call.js'
import { ORIGIN, OTHER_SITE, SITE, signed } from '../testing/sign.js'
import { createWorld } from '../testing/world.js'

it('header and body may name one site in different ways', async () => {
  for (const site_id of [
    SITE.id,
    SITE.id.toUpperCase(),
    SITE.id.replaceAll('-', ''),
    SITE.publicId.toUpperCase(),
  ])
    for (const site of [SITE.id, SITE.publicId]) {
      const body = event({ site_id })
      expect((await call(createWorld(), { body, headers: signed(body, { site }) })).status).toBe(
        200,
      )
    }
})

it.each(['', 'x', 'f'.repeat(32), SITE.publicId.slice(1), `${SITE.id} `, `{${SITE.id}}`])(
  'site_id "%s" is 400 INVALID_SITE_ID',
  async (site_id) => {
    const { status, body } = await call(createWorld(), { body: event({ site_id }) })
    expect(status).toBe(400)
    expect(body).toMatchObject({ code: 'INVALID_SITE_ID' })
  },
)

it('a body of another site than the one that signed is 401 SITE_MISMATCH', async () => {
  const { status, body } = await call(createWorld(), { body: event({ site_id: OTHER_SITE.id }) })
  expect(status).toBe(401)
  expect(body).toMatchObject({ code: 'SITE_MISMATCH', server_ts: expect.any(Number) })
})

it('a database that does not answer is 503', async () => {
  const world = createWorld()
  world.store.resolve = () => Promise.reject(new Error('down'))
  const { status, body } = await call(world, { body: event({ site_id: SITE.id }) })
  expect(status).toBe(503)
  expect(body).toMatchObject({ code: 'STORE_UNAVAILABLE' })
})

const OTHER_ORIGIN = 'https://other.example'
/** Two allowed origins; the site names one of them. */
const named = (): OriginPolicy => {
  const origins = new OriginPolicy(
    [ORIGIN, OTHER_ORIGIN].map((origin) => ({ origin, until: null })),
  )
  origins.setNamed(new Map([[SITE.id, [ORIGIN]]]))
  return origins
}

it('a site that names origins accepts events from these only, and a refusal has no Access-Control header', async () => {
  const world = createWorld({ origins: named() })
  for (const path of ['/api/call-event', '/api/call-event/v2']) {
    expect((await call(world, { path, headers: { Origin: ORIGIN } })).status).toBe(200)
    const refused = await call(world, { path, headers: { Origin: OTHER_ORIGIN } })
    expect([refused.status, refused.body.code]).toEqual([403, 'ORIGIN_NOT_ALLOWED'])
    expect(refused.body.origin).toBe(OTHER_ORIGIN)
    expect(refused.headers.get('access-control-allow-origin')).toBeNull()
    expect(refused.headers.get('vary')).toBe('Origin')
  }
  const from = (Origin: string) => sync(world, pageEvent(), { headers: { Origin } })
  expect((await from(ORIGIN)).status).toBe(200)
  expect((await from(OTHER_ORIGIN)).body).toMatchObject({ code: 'ORIGIN_NOT_ALLOWED' })
  const mixed = { events: [pageEvent({ s: OTHER_SITE.id }), pageEvent()] }
  const refused = await sync(world, mixed, { headers: { Origin: OTHER_ORIGIN } })
  expect(refused.status).toBe(403)
})

it('a server, which has no origin, sends calls of a site that names some', async () => {
  expect((await call(createWorld({ origins: named() }))).status).toBe(200)
})

it('a site that names no origin accepts events from every allowed one', async () => {
  const world = createWorld({ origins: named() })
  const body = event({ site_id: OTHER_SITE.id })
  const headers = { ...signed(body, { site: OTHER_SITE.id, secret: OTHER_SITE.secret }) }
  expect((await call(world, { body, headers: { ...headers, Origin: OTHER_ORIGIN } })).status).toBe(
    200,
  )
})

it('until the sites have been read, a request with an origin waits for them, and one fails if they cannot be', async () => {
  const origins = named()
  let read = (): void => {}
  origins.pending = new Promise((resolve) => (read = resolve))
  const waiting = call(createWorld({ origins }), { headers: { Origin: OTHER_ORIGIN } })
  origins.pending = null
  read()
  expect((await waiting).status).toBe(403)
  origins.pending = Promise.reject(new Error('down'))
  const failed = await call(createWorld({ origins }), { headers: { Origin: ORIGIN } })
  expect(failed.status).toBe(503)
})
