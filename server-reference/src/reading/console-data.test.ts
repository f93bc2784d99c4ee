import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { createApp } from '../app.js'
import { call, event, pageEvent, sync } from '../testing/call.js'
import { OTHER_SITE, SITE } from '../testing/sign.js'
import { createWorld, type TestWorld } from '../testing/world.js'

const TOKEN = 'ops_token-of-the-first-site'
const open = (): TestWorld => {
  const world = createWorld({ retentionDays: 90 })
  world.store.memory.tokens.set(createHash('sha256').update(TOKEN).digest('hex'), SITE.id)
  return world
}
const get = async (world: TestWorld, path: string, token = TOKEN) => {
  const response = await createApp(world).request(`/api/calls/${path}`, {
    headers: { Authorization: `Bearer ${token}` },
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

it('sites: what the token opens, what trackers dropped there, and how long calls are kept', async () => {
  const world = open()
  await sync(world, pageEvent({ meta: { fp: 'v', drops: { INVALID_BODY: 2 } } }))
  expect((await get(world, 'sites')).body).toMatchObject({
    sites: [{ site_id: SITE.id, public_id: SITE.publicId, name: null }],
    drops: [{ site_id: SITE.id, reason: 'INVALID_BODY', count: 2 }],
    retention_days: 90,
  })
  const all = (await get(world, 'sites', world.liveToken!)).body
  expect(all.sites).toHaveLength(2)
})

it('summary and story are of the token’s site only', async () => {
  const world = open()
  await call(world, { body: event({ intent_action: 'phone' }) })
  const page = await createApp(world).request('/api/calls', {
    headers: { Authorization: `Bearer ${TOKEN}` },
  })
  const { calls } = (await page.json()) as { calls: { cursor: string; call_id: string }[] }
  const now = Date.now()
  const at = `summary?at=${now - 60_000},${now + 60_000}&from=${now - 60_000}`
  expect((await get(world, at)).body.counts).toContainEqual({
    by: 'kind',
    bucket: 0,
    name: 'phone',
    count: 1,
  })
  const story = await get(world, `story?call=${calls[0]!.cursor}`)
  expect(story.body.call).toMatchObject({ call_id: calls[0]!.call_id })
  for (const path of [at, `story?call=${calls[0]!.cursor}`, 'sites?'])
    expect((await get(world, `${path}&site=${OTHER_SITE.id}`)).status).toBe(401)
})

it.each([
  'summary',
  'summary?at=1',
  'summary?at=2,1&from=1',
  'summary?at=1,x&from=1',
  'summary?at=1,2',
  `summary?at=${Array.from({ length: 101 }, (_, n) => n).join()}&from=1`,
  'story',
  'story?call=x',
  'story?call=123',
])('%s is 400', async (path) => {
  const { status, body } = await get(open(), path)
  expect([status, body.code]).toEqual([400, 'INVALID_QUERY'])
})

it('a call that is not there is 404, and no token is 401', async () => {
  const id = '00000000-0000-4000-8000-000000000000'
  expect((await get(open(), `story?call=1-${id}`)).status).toBe(404)
  for (const path of ['sites', 'summary', 'story'])
    expect((await get(open(), path, 'wrong')).status).toBe(401)
})
