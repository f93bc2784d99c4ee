import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { createApp } from '../app.js'
import { createMemoryReplayCache } from '../replay/memory-replay-cache.js'
import type { ReplayCache } from '../replay/replay-cache.js'
import { call, event } from '../testing/call.js'
import { ORIGIN, OTHER_SITE, SITE, signed } from '../testing/sign.js'
import { createWorld } from '../testing/world.js'

it('the same event_id again is noop with the first call_id, however its site is named and it is signed', async () => {
  const app = createApp(createWorld())
  const event_id = randomUUID()
  const first = await call(app, { body: event({ event_id }) })
  for (const body of [
    event({ event_id }),
    event({ event_id: event_id.toUpperCase(), site_id: SITE.id }),
  ]) {
    const again = await call(app, { body })
    expect(again.status).toBe(200)
    expect(again.body).toEqual({
      status: 'noop',
      call_id: first.body.call_id,
      request_id: expect.any(String),
    })
  }
})

it('the same event_id on another site is another event', async () => {
  const app = createApp(createWorld())
  const event_id = randomUUID()
  await call(app, { body: event({ event_id }) })
  const body = event({ event_id, site_id: OTHER_SITE.id })
  const headers = signed(body, { site: OTHER_SITE.id, secret: OTHER_SITE.secret })
  expect((await call(app, { body, headers })).body.status).toBe('unmatched')
})

it('without event_id the signature is the key, in either case', async () => {
  const app = createApp(createWorld())
  const body = event({ event_id: undefined })
  const headers = signed(body)
  expect((await call(app, { body, headers })).body.status).toBe('unmatched')
  expect((await call(app, { body, headers })).body.status).toBe('noop')
  const upper = { ...headers, 'X-Ops-Signature': headers['X-Ops-Signature']!.toUpperCase() }
  expect((await call(app, { body, headers: upper })).body.status).toBe('noop')
})

it('without event_id a new signature is a new event', async () => {
  const app = createApp(createWorld())
  const body = event({ event_id: undefined })
  const ts = Math.floor(Date.now() / 1000)
  for (const age of [0, 1])
    expect(
      (await call(app, { body, headers: signed(body, { ts: String(ts - age) }) })).body.status,
    ).toBe('unmatched')
})

it.each([true, false])(
  '24 equal events at once are one, and all others learn its id (with event_id: %s)',
  async (hasId) => {
    const world = createWorld()
    const app = createApp(world)
    const body = event(hasId ? {} : { event_id: undefined })
    const headers = signed(body)
    const answers = await Promise.all(
      Array.from({ length: 24 }, () => call(app, { body, headers })),
    )
    expect(answers.filter((answer) => answer.body.status === 'unmatched')).toHaveLength(1)
    expect(new Set(answers.map((answer) => answer.body.call_id)).size).toBe(1)
    expect(world.store.memory.calls).toHaveLength(1)
  },
)

it('when the first of two equal events fails, the second is recorded and not answered noop', async () => {
  const world = createWorld()
  const app = createApp(world)
  const { recordCall } = world.store
  let tries = 0
  world.store.recordCall = async (new_) => {
    await new Promise((resolve) => setTimeout(resolve, 5))
    if (++tries === 1) throw new Error('down')
    return recordCall(new_)
  }
  for (const body of [event(), event({ event_id: undefined })]) {
    tries = 0
    const headers = signed(body)
    const answers = await Promise.all([1, 2, 3].map(() => call(app, { body, headers })))
    expect(answers.map((answer) => answer.body.code ?? answer.body.status)).toEqual([
      'STORE_UNAVAILABLE',
      'unmatched',
      'noop',
    ])
  }
})

it('a retry with a different body is noop; the first stands and the log says so', async () => {
  const world = createWorld()
  const app = createApp(world)
  const event_id = randomUUID()
  await call(app, { body: event({ event_id, intent_target: 'first' }) })
  expect(world.logged.join('')).not.toContain('different body')
  expect(
    (await call(app, { body: event({ event_id, intent_target: 'second' }) })).body.status,
  ).toBe('noop')
  expect(world.store.memory.calls.map((one) => one.event.intent_target)).toEqual(['first'])
  expect(world.logged.join('')).toContain('different body')
})

it('with signing disabled events without event_id cannot be told apart: each is recorded', async () => {
  const world = createWorld({ signingDisabled: true })
  const body = event({ event_id: undefined })
  for (let time = 0; time < 2; time++)
    expect((await call(world, { body, headers: { Origin: ORIGIN } })).body.status).toBe('unmatched')
})

it('only an event without event_id is looked up in the store that processes share', async () => {
  const asked: string[] = []
  const own = createMemoryReplayCache()
  const shared = createMemoryReplayCache()
  const replay: ReplayCache = {
    own,
    get: (key) => {
      asked.push(`get ${key}`)
      return shared.get(key)
    },
    set: (key, seen) => {
      asked.push(`set ${key}`)
      shared.set(key, seen)
    },
  }
  const app = createApp(createWorld({ replay }))
  const body = event()
  expect((await call(app, { body })).body.status).toBe('unmatched')
  expect((await call(app, { body })).body.status).toBe('noop')
  expect(asked).toEqual([])
  const bare = event({ event_id: undefined })
  const headers = signed(bare)
  for (const status of ['unmatched', 'noop'])
    expect((await call(app, { body: bare, headers })).body.status).toBe(status)
  expect(asked.map((text) => text.slice(0, 3))).toEqual(['get', 'set', 'get'])
})

it('an event that another process recorded is noop by the database alone', async () => {
  const one = createWorld()
  const other = createWorld({ store: one.store })
  const body = event()
  const first = await call(one, { body })
  expect((await call(other, { body })).body).toMatchObject({
    status: 'noop',
    call_id: first.body.call_id,
  })
})
