import { expect, it } from 'vitest'
import { call, event } from '../testing/call.js'
import { OTHER_SITE, SITE, signed } from '../testing/sign.js'
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
