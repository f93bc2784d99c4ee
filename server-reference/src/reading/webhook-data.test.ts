import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { listChanges } from '../admin/changes.js'
import { addWebhook } from '../admin/webhooks.js'
import { createApp } from '../app.js'
import type { Database } from '../store/database.js'
import { createSqlStore } from '../store/sql-store.js'
import type { Store } from '../store/store.js'
import { call } from '../testing/call.js'
import { openTestDatabase } from '../testing/database.js'
import { OTHER_SITE, SITE } from '../testing/sign.js'
import { createWorld, type TestWorld } from '../testing/world.js'
import { endWebhook, settle, takeDue } from '../webhooks/queue.js'

const TOKEN = 'ops_token-of-the-first-site'
const OTHER_TOKEN = 'ops_token-of-the-other-site'
const SECRET_PATH = '/hooks/hard-to-guess?key=hidden'

let database: Database
let store: Store
let world: TestWorld
let webhookId: string
let secret: string

beforeAll(async () => {
  ;({ database } = await openTestDatabase())
  store = createSqlStore(database)
  world = createWorld({ store: store as TestWorld['store'] })
  for (const [token, site] of [
    [TOKEN, SITE.id],
    [OTHER_TOKEN, OTHER_SITE.id],
  ] as const)
    await database.query(
      'owner',
      'insert into private.site_tokens (site_id, digest) values ($1, $2)',
      [site, createHash('sha256').update(token).digest()],
    )
  ;({ id: webhookId, secret } = await addWebhook(
    database,
    SITE.id,
    `https://crm.example${SECRET_PATH}`,
  ))
}, 60_000)
afterAll(() => store.close())

const ask = async (path: string, token = TOKEN, method = 'GET') => {
  const response = await createApp(world).request(`/api/calls/webhooks${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}` },
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
const state = async (): Promise<Record<string, unknown>> =>
  ((await ask('')).body.webhooks as Record<string, unknown>[])[0]!

it('the owner sees what was delivered, what waits, what was given up and why, and no secret', async () => {
  for (let n = 0; n < 3; n++) await call(world)
  expect(await state()).toMatchObject({
    webhook_id: webhookId,
    receiver: 'https://crm.example/…',
    ended_at: null,
    waiting: 3,
    delivered: 0,
    abandoned: 0,
    last_attempt_at: null,
    last_problem: null,
    next_attempt_at: expect.any(Number),
  })
  const [delivered, failed, abandoned] = await takeDue(database, 3, [])
  await settle(database, delivered!, { delivered: true, wait: null, problem: null })
  await settle(database, failed!, { delivered: false, wait: 300, problem: 'HTTP 500' })
  await settle(database, abandoned!, { delivered: false, wait: null, problem: 'HTTP 404' })
  const found = await state()
  expect(found).toMatchObject({
    waiting: 1,
    delivered: 1,
    abandoned: 1,
    last_problem: expect.stringMatching(/^HTTP (500|404)$/),
  })
  const now = Date.now()
  expect(Math.abs((found.last_attempt_at as number) - now)).toBeLessThan(60_000)
  expect((found.next_attempt_at as number) - now).toBeGreaterThan(200_000)
  expect(JSON.stringify(found)).not.toMatch(/hard-to-guess|hidden/)
  expect(JSON.stringify(found)).not.toContain(secret)
})

it('what was given up is sent again, by its own site only, and the change is logged', async () => {
  for (const [token, query, status] of [
    [OTHER_TOKEN, '', 404],
    [OTHER_TOKEN, `&site=${SITE.id}`, 401],
    ['wrong', '', 401],
  ] as const)
    expect((await ask(`/resend?webhook=${webhookId}${query}`, token, 'POST')).status).toBe(status)
  expect((await ask(`/resend?webhook=x`, TOKEN, 'POST')).status).toBe(400)
  expect((await ask(`/resend?webhook=${webhookId}`, TOKEN)).status).toBe(405)
  expect(await state()).toMatchObject({ waiting: 1, abandoned: 1 })

  const answer = await ask(`/resend?webhook=${webhookId}`, TOKEN, 'POST')
  expect([answer.status, answer.body.resent]).toEqual([200, 1])
  expect(await state()).toMatchObject({ waiting: 2, abandoned: 0 })
  expect(await listChanges(database, SITE.id)).toMatchObject([
    { who: 'console, a site token', change: 'site webhook resend', detail: '1 deliveries' },
  ])
})

it('a receiver that ended it is shown, and sending again opens it', async () => {
  await endWebhook(database, webhookId)
  expect(await state()).toMatchObject({
    ended_at: expect.any(Number),
    waiting: 0,
    abandoned: 2,
    last_problem: 'HTTP 410: the receiver ended it',
    next_attempt_at: null,
  })
  expect((await ask(`/resend?webhook=${webhookId}`, TOKEN, 'POST')).body.resent).toBe(2)
  expect(await state()).toMatchObject({ ended_at: null, waiting: 2 })
})

it('another site’s token sees no receiver of this one', async () => {
  expect((await ask('', OTHER_TOKEN)).body.webhooks).toEqual([])
})
