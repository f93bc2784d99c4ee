import type { LiveMessage } from '@opsmantik/tracker/contract'
import { expect, it } from 'vitest'
import { call, event, pageEvent, sync } from '../testing/call.js'
import { OTHER_SITE, SITE } from '../testing/sign.js'
import { createWorld, type TestWorld } from '../testing/world.js'

const listen = (world: TestWorld): { messages: LiveMessage[]; settled: () => Promise<void> } => {
  const messages: LiveMessage[] = []
  world.feed.subscribe((message) => messages.push(message))
  return { messages, settled: () => new Promise((resolve) => setImmediate(resolve)) }
}

it('a call is answered and then published, matched to its session', async () => {
  const world = createWorld()
  await sync(world, pageEvent())
  await new Promise((resolve) => setImmediate(resolve))
  const { messages, settled } = listen(world)
  const pressed = Date.now() + 1_000
  const { body } = await call(world, {
    body: event({
      intent_stamp: `${pressed}-ab12-tel-abc123`,
      intent_action: 'phone',
      intent_target: '+90500',
      intent_page_url: 'https://s.example/a',
    }),
  })
  expect(body).toMatchObject({ status: 'matched', session_id: 'session' })
  await settled()
  expect(messages).toEqual([
    {
      type: 'call',
      id: expect.stringMatching(/^\d+-[\da-f-]{36}$/),
      at: expect.any(Number),
      call_id: body.call_id,
      session_id: 'session',
      site_id: SITE.id,
      status: 'matched',
      endpoint: '/api/call-event/v2',
      action: 'phone',
      target: '+90500',
      page_url: 'https://s.example/a',
      occurred_at: pressed,
    },
  ])
})

it('no message is made of a call that nobody can read, and the next reader is sent all that follow', async () => {
  const world = createWorld()
  const published: string[] = []
  const { publish } = world.feed
  world.feed.publish = (message) => {
    published.push(message.type)
    publish(message)
  }
  await call(world)
  await new Promise((resolve) => setImmediate(resolve))
  expect(published).toEqual([])
  const { messages, settled } = listen(world)
  await call(world)
  await settled()
  expect(messages.map(({ type }) => type)).toEqual(['call'])
})

it('a call whose first page event arrives after it is published again, as matched', async () => {
  const world = createWorld()
  const { messages, settled } = listen(world)
  const { body } = await call(world, { body: event({ intent_action: 'phone' }) })
  expect(body).toMatchObject({ status: 'unmatched', session_id: null })
  await settled()
  await sync(world, pageEvent())
  await settled()
  const [first, again] = messages.filter(({ type }) => type === 'call')
  expect(again).toEqual({
    ...first,
    id: expect.any(String),
    at: expect.any(Number),
    status: 'matched',
    session_id: 'session',
    matched_later: true,
  })
})

it('the legacy names of a field are shown where the new ones are missing', async () => {
  const world = createWorld()
  const { messages, settled } = listen(world)
  await call(world, { body: event({ action: 'a', phone_number: '1', url: 'u' }) })
  await settled()
  expect(messages).toMatchObject([{ action: 'a', target: '1', page_url: 'u' }])
})

it('a noop is not published', async () => {
  const world = createWorld()
  const body = event()
  await call(world, { body })
  await new Promise((resolve) => setImmediate(resolve))
  const { messages, settled } = listen(world)
  await call(world, { body })
  await settled()
  expect(messages).toEqual([])
})

it('a batch of page events is a message for each of its sites', async () => {
  const world = createWorld()
  const { messages, settled } = listen(world)
  await sync(world, {
    events: [pageEvent(), pageEvent({ s: OTHER_SITE.id, u: 'https://o/' }), pageEvent()],
  })
  await settled()
  expect(messages).toMatchObject([
    { type: 'sync', site_id: SITE.id, accepted: 2, page_url: 'https://shop.example/' },
    { type: 'sync', site_id: OTHER_SITE.id, accepted: 1, page_url: 'https://o/' },
  ])
})

it('a refusal is published with what to do about it', async () => {
  const world = createWorld()
  const { messages, settled } = listen(world)
  await call(world, { headers: { Origin: 'http://shop.example' } })
  await settled()
  expect(messages).toEqual([
    {
      type: 'refused',
      id: expect.any(String),
      at: expect.any(Number),
      status: 403,
      code: 'ORIGIN_NOT_ALLOWED',
      endpoint: '/api/call-event/v2',
      origin: 'http://shop.example',
      hint: expect.stringContaining('ALLOWED_ORIGINS=https://shop.example,http://shop.example'),
    },
  ])
})
