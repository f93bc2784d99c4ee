import { setTimeout as wait } from 'node:timers/promises'
import { CALL_EVENT_V1, CALL_EVENT_V2, LIVE, SYNC } from '@opsmantik/tracker/contract'
import { expect, it } from 'vitest'
import { createApp } from '../app.js'
import { createMemoryLimiter } from '../limits/memory-limiter.js'
import { call, event, pageEvent, sync, type CallRequest } from '../testing/call.js'
import { ORIGIN, OTHER_SITE, SITE, signed } from '../testing/sign.js'
import { createWorld, limits } from '../testing/world.js'
import type { World } from '../world.js'
import type { ConsoleMessage, Detail } from './detail.js'
import { createFeed } from './feed.js'
import { withDetail } from './trace.js'

const development = (changed: Partial<World> = {}) =>
  createWorld({ console: true, feed: withDetail(createFeed()), ...changed })

const told = async (world: World): Promise<ConsoleMessage[]> => {
  await wait(20)
  return world.feed.since('0')
}

/** The one message of the one request. */
const detailOf = async (world: World, sent: CallRequest): Promise<Detail> => {
  await call(world, sent)
  const messages = await told(world)
  expect(messages).toHaveLength(1)
  return messages[0]!.detail!
}

const inShort = ({ steps }: Detail): string =>
  steps.map(({ number, result }) => `${number} ${result}`).join(', ')

const passed = (n: number): string =>
  Array.from({ length: n }, (_, i) => `${i + 1} passed`).join(', ')

it('a recorded call brings what was sent, each step with what it found, and the answer', async () => {
  const body = event({ intent_action: 'phone' })
  const detail = await detailOf(development(), { body })
  expect(inShort(detail)).toBe(`${passed(11)}, 12 answered`)
  expect(detail).toMatchObject({
    method: 'POST',
    target: CALL_EVENT_V2,
    body: { state: 'read', text: body, bytes: body.length, cut: false },
    answer: { status: 200 },
    site: SITE.id,
    claimedSite: SITE.publicId,
  })
  expect(JSON.parse(detail.answer.body)).toMatchObject({ status: 'unmatched' })
  expect(detail.headers.map(({ name }) => name.toLowerCase())).toContain('x-ops-signature')
  expect(detail.steps.map(({ note }) => note)).toEqual([
    `POST ${CALL_EVENT_V2}`,
    expect.stringContaining('as from a server'),
    `${body.length} bytes of 65,536`,
    'application/json',
    'address 1 of 6000',
    expect.stringMatching(/^fits, signed \d+ s ago$/),
    undefined,
    SITE.id,
    'v2 1 of 150, share 1 of 1500, site 1 of 6000',
    expect.stringContaining('not seen before'),
    expect.stringContaining('recorded as'),
    'unmatched',
  ])
})

it.each([
  [2, { headers: { Origin: 'https://evil.example' } }],
  [3, { body: 'x'.repeat(70_000) }],
  [4, { headers: { 'Content-Type': 'a/b' } }],
  [6, { headers: { 'X-Ops-Signature': '0'.repeat(64) } }],
  [7, { body: '{}' }],
  [8, { body: event({ site_id: OTHER_SITE.id }) }],
])(
  'a request that offends step %i is shown as stopped there, and nothing after it as reached',
  async (step, sent) => {
    const { steps } = await detailOf(development(), sent)
    expect(steps.map(({ result }) => result)).toEqual([
      ...Array<string>(step - 1).fill('passed'),
      'stopped',
      ...Array<string>(12 - step).fill('not reached'),
    ])
  },
)

it('the two limits are told apart', async () => {
  for (const [kind, number] of [
    ['address', 5],
    ['v2', 9],
  ] as const) {
    const world = development({ limiter: createMemoryLimiter(limits({ [kind]: 1 })) })
    await call(world)
    await call(world)
    const refusal = (await told(world)).find(({ type }) => type === 'refused')
    expect(refusal?.detail?.steps.find(({ result }) => result === 'stopped')?.number).toBe(number)
  }
})

it.each([
  [
    { 'X-Ops-Signature': undefined, 'X-Ops-Ts': 'soon' },
    'X-Ops-Ts is malformed, X-Ops-Signature is missing',
  ],
  [signed('x', { ts: String(Math.floor(Date.now() / 1000) - 1_000) }), /^signed 100\d s ago$/],
  [signed('x', { ts: String(Math.floor(Date.now() / 1000) + 500) }), /^signed [45]\d\d s ahead/],
])('step 6 says what was wrong with the headers: %o', async (headers, note) => {
  const { steps } = await detailOf(development(), { headers })
  expect(steps[5]).toMatchObject({ result: 'stopped', note: expect.stringMatching(note) })
})

it('an event that came again is told of too, and where it was known', async () => {
  const world = development()
  const body = event()
  await call(world, { body })
  await told(world)
  await call(world, { body })
  const again = (await told(world))[1]
  expect(again).toMatchObject({ type: 'noop', status: 'noop', site_id: SITE.id })
  expect(inShort(again!.detail!)).toBe(`${passed(9)}, 10 answered, 11 not reached, 12 not reached`)
})

it('a body that nobody read is not shown as an empty one', async () => {
  const origin = await detailOf(development(), {
    headers: { Origin: 'https://evil.example', 'Content-Length': '7' },
  })
  expect(origin.body).toEqual({ state: 'unread', declared: 7 })
  const large = await detailOf(development(), { headers: { 'Content-Length': '99999' } })
  expect(large.body).toEqual({ state: 'too large', declared: 99_999 })
  const counted = await detailOf(development(), { body: 'x'.repeat(70_000) })
  expect(counted.body).toEqual({ state: 'too large', declared: null })
})

it('a long body is cut between two characters, and one that is no text is base64', async () => {
  const long = await detailOf(development(), {
    body: event({ a: 'x' }).slice(0, -1) + '€'.repeat(2_000),
  })
  expect(long.body).toMatchObject({ state: 'read', cut: true })
  const text = 'text' in long.body ? long.body.text : ''
  expect(Buffer.byteLength(text)).toBeGreaterThan(4_090)
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4_096)
  expect(text).not.toContain('\uFFFD')
  const bytes = new Uint8Array([0x7b, 0xff, 0x7d])
  const binary = await detailOf(development(), { body: bytes, headers: signed(bytes) })
  expect(binary.body).toEqual({ state: 'read', bytes: 3, cut: false, base64: 'e/99' })
})

it('secrets of others, and many headers, stay out of it', async () => {
  const { headers, headersLeftOut } = await detailOf(development(), {
    headers: {
      Authorization: 'Bearer hush',
      Cookie: 'sid=hush',
      'X-Api-Key': 'hush',
      Referer: 'https://a.example/?live_token=hush&x=1',
      'X-Long': 'y'.repeat(5_000),
      'X-More-1': 'z'.repeat(1_000),
      'X-More-2': 'z'.repeat(1_000),
      'X-More-3': 'z'.repeat(1_000),
    },
  })
  expect(JSON.stringify(headers)).not.toContain('hush')
  expect(headers.find(({ name }) => /authorization/i.test(name))).toMatchObject({
    value: '',
    hidden: 'secret',
  })
  expect(headers.find(({ name }) => /x-long/i.test(name))).toMatchObject({ hidden: 'long' })
  expect(headersLeftOut).toBeGreaterThan(0)
  expect(JSON.stringify(headers).length).toBeLessThan(6_000)
})

it('page events are traced too: no signature is demanded, and there is no replay step', async () => {
  const world = development()
  await sync(world, pageEvent())
  const [message] = await told(world)
  expect(inShort(message!.detail!)).toBe(
    `${passed(5)}, 6 skipped, 7 passed, 8 passed, 9 passed, 10 skipped, 11 passed, 12 answered`,
  )
})

it('with signing disabled step 6 says so', async () => {
  const detail = await detailOf(development({ signingDisabled: true }), {
    headers: { Origin: ORIGIN },
  })
  expect(detail.steps[5]).toMatchObject({
    result: 'skipped',
    note: 'CALL_EVENT_SIGNING_DISABLED is on',
  })
})

it('a denied preflight, a wrong method and a refused reader are traced with the steps that they have', async () => {
  const world = development()
  const app = createApp(world)
  await app.request(SYNC, { method: 'OPTIONS', headers: { Origin: 'https://evil.example' } })
  await app.request(CALL_EVENT_V1, { method: 'PUT' })
  await app.request(`${LIVE}?token=hush`, {
    headers: { Origin: ORIGIN, 'Sec-WebSocket-Protocol': 'ops.live.v1, token.hush' },
  })
  const details = (await told(world)).map(({ detail }) => detail!)
  expect(
    details.map(({ steps }) => steps.find(({ result }) => result === 'stopped')?.name),
  ).toEqual(['Origin', 'Method and path', 'Origin, then token'])
  expect(JSON.stringify(details)).not.toContain('hush')
})

it('in production a message has no detail, a noop is not told of, and no step is watched', async () => {
  const world = createWorld({ console: false, feed: createFeed() })
  world.feed.subscribe(() => {})
  const body = event()
  await call(world, { body })
  await call(world, { body })
  await call(world, { body: '{}' })
  const messages = await told(world)
  expect(messages.map(({ type }) => type)).toEqual(['call', 'refused'])
  for (const message of messages) expect(message).not.toHaveProperty('detail')
})
