import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { pageEvent, sync } from '../testing/call.js'
import { OTHER_SITE } from '../testing/sign.js'
import { createWorld } from '../testing/world.js'

const issuesOf = async (body: unknown): Promise<unknown> => {
  const answer = await sync(createWorld(), body)
  expect(answer.status).toBe(400)
  return (answer.body.issues as { path: string }[]).map(({ path }) => path)
}

it('one event and a batch of 20 are taken, and the answer counts them', async () => {
  const world = createWorld()
  expect((await sync(world, pageEvent())).body).toEqual({
    ok: true,
    status: 'synced',
    accepted: 1,
    request_id: expect.any(String),
  })
  const batch = {
    events: Array.from({ length: 20 }, (_, index) => pageEvent({ sid: `s${index}` })),
  }
  expect((await sync(world, batch)).body).toMatchObject({ ok: true, accepted: 20 })
  expect(world.store.memory.sessions).toHaveLength(21)
})

it('none and 21 are refused', async () => {
  expect(await issuesOf({ events: [] })).toEqual(['events'])
  expect(await issuesOf({ events: Array(21).fill(pageEvent()) })).toEqual(['events'])
  expect(await issuesOf({ events: 'x' })).toEqual(['events'])
})

it('a batch with a bad event is refused whole, and the event is named by its index', async () => {
  const world = createWorld()
  const { status, body } = await sync(world, {
    events: [pageEvent(), pageEvent(), pageEvent({ sid: '' })],
  })
  expect(status).toBe(400)
  expect(body.issues).toEqual([{ path: 'events.2.sid', message: 'must have at least 1 character' }])
  expect(world.store.memory.syncEvents).toEqual([])
})

it('a batch with an unknown site is refused whole, and the event is named by its index', async () => {
  const world = createWorld()
  const { status, body } = await sync(world, {
    events: [pageEvent(), pageEvent({ s: 'f'.repeat(32) })],
  })
  expect(status).toBe(400)
  expect(body).toMatchObject({ code: 'INVALID_SITE_ID', issues: [{ path: 'events.1.s' }] })
  expect(world.store.memory.syncEvents).toEqual([])
})

it('a batch may have events of two sites', async () => {
  const world = createWorld()
  const { body } = await sync(world, { events: [pageEvent(), pageEvent({ s: OTHER_SITE.id })] })
  expect(body.accepted).toBe(2)
})

it.each([
  ['s', 5],
  ['u', undefined],
  ['sid', 'x'.repeat(129)],
  ['sm', '2025-11-02'],
  ['sm', '2025-13-01'],
  ['sm', '0000-01-01'],
  ['ec', ''],
  ['ea', null],
  ['el', 'a\0'],
  ['ev', 'x'],
  ['r', 'x'.repeat(2049)],
  ['meta', []],
  ['meta', 'x'],
  ['meta', { a: { b: '\ud800' } }],
  ['meta', { 'a\0': 1 }],
  ['event_id', '1'],
])('%s = %j is refused by its name', async (field, value) => {
  expect(await issuesOf(pageEvent({ [field]: value }))).toEqual([field])
})

it('the fingerprint in meta is checked like a call’s', async () => {
  expect(await issuesOf(pageEvent({ meta: { fp: 5 } }))).toEqual(['meta.fp'])
  expect(await issuesOf(pageEvent({ meta: { fp: 'x'.repeat(129) } }))).toEqual(['meta.fp'])
})

it('meta that is nested without end, or has 1e999 in it, is a 400', async () => {
  const deep = '['.repeat(20_000) + ']'.repeat(20_000)
  const raw = (meta: string) => JSON.stringify(pageEvent({ meta: 'HERE' })).replace('"HERE"', meta)
  for (const meta of [`{"a":${deep}}`, '{"a":1e999}']) {
    const { status, body } = await sync(createWorld(), {}, { body: raw(meta) })
    expect(status).toBe(400)
    expect(body.issues).toMatchObject([{ path: 'meta' }])
  }
})

it('an event_id makes it idempotent', async () => {
  const world = createWorld()
  const event = pageEvent({ event_id: randomUUID() })
  for (let time = 0; time < 2; time++) expect((await sync(world, event)).body.accepted).toBe(1)
  expect(world.store.memory.syncEvents).toHaveLength(1)
})

it('meta of 4 KiB is good, and one byte more is refused by its name', async () => {
  const world = createWorld()
  const ofSize = (bytes: number) => ({ fp: 'v', x: 'é'.repeat((bytes - 17) / 2) })
  expect(Buffer.byteLength(JSON.stringify(ofSize(4_097)))).toBe(4_097)
  const longest = { ...ofSize(4_097), x: ofSize(4_097).x.slice(1) + 'e' }
  expect((await sync(world, pageEvent({ meta: longest }))).status).toBe(200)
  const { status, body } = await sync(world, {
    events: [pageEvent(), pageEvent({ meta: ofSize(4_097) })],
  })
  expect(status).toBe(400)
  expect(body).toMatchObject({
    code: 'INVALID_BODY',
    issues: [{ path: 'events.1.meta', message: 'must be at most 4096 bytes' }],
  })
})
