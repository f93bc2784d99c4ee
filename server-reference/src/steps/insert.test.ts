import { expect, it } from 'vitest'
import { NotStorable } from '../store/not-storable.js'
import { call, event, pageEvent, sync } from '../testing/call.js'
import { createWorld } from '../testing/world.js'

it('a call that cannot be recorded is 503 with Retry-After, and its retry is recorded', async () => {
  const world = createWorld()
  const { recordCall } = world.store
  world.store.recordCall = () => Promise.reject(new Error('down'))
  const body = event()
  const refused = await call(world, { body })
  expect(refused.status).toBe(503)
  expect(refused.body).toMatchObject({ code: 'STORE_UNAVAILABLE' })
  expect(refused.headers.get('retry-after')).toBe('5')
  world.store.recordCall = recordCall
  expect((await call(world, { body })).body.status).toBe('unmatched')
})

it('a value that only the database refuses is 400, so that nobody sends it for ever', async () => {
  const world = createWorld()
  world.store.recordCall = () => Promise.reject(new NotStorable('why'))
  world.store.recordSync = () => Promise.reject(new NotStorable('why'))
  for (const answer of [await call(world), await sync(world, pageEvent())]) {
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({ code: 'INVALID_BODY' })
  }
})

it('a server that has forgotten answers noop from the database', async () => {
  const world = createWorld()
  const body = event()
  const first = await call(world, { body })
  world.replay = { get: async () => undefined, set: async () => {} }
  expect((await call(world, { body })).body).toMatchObject({
    status: 'noop',
    call_id: first.body.call_id,
  })
})
