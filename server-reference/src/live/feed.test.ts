import type { LiveMessage } from '@opsmantik/tracker/contract'
import { expect, it } from 'vitest'
import { createFeed, type NewMessage } from './feed.js'

const page = (n: number): NewMessage => ({ type: 'sync', site_id: 's', accepted: n, page_url: 'u' })
const refusal: NewMessage = { type: 'refused', status: 403, code: 'X', endpoint: '/', hint: 'h' }

it('positions grow, also within a millisecond and when the clock steps back', () => {
  let now = 1000
  const feed = createFeed(() => now)
  for (now of [1000, 1000, 999, 1001]) feed.publish(page(1))
  const ids = feed.since('0').map(({ id }) => Number(id))
  expect(ids).toEqual([1_000_000, 1_000_001, 1_000_002, 1_001_000])
})

it('a reader that comes back is sent what it missed, in order', () => {
  const feed = createFeed()
  const seen: string[] = []
  const leave = feed.subscribe(({ id }) => seen.push(id))
  feed.publish(page(1))
  leave()
  feed.publish(refusal)
  feed.publish(page(2))
  expect(feed.since(seen.at(-1)!).map(({ type }) => type)).toEqual(['refused', 'sync'])
})

it('a flood of refusals is cut to 50 a second and pushes out no call', () => {
  let now = 1
  const feed = createFeed(() => now)
  feed.publish(page(1))
  for (let n = 0; n < 100; n++) feed.publish(refusal)
  expect(feed.since('0')).toHaveLength(51)
  for (now = 1000; now < 20_000; now += 1000) for (let n = 0; n < 50; n++) feed.publish(refusal)
  expect(feed.since('0')).toHaveLength(201)
  expect(feed.since('0')[0]!.type).toBe('sync')
})

it('a kind of message that only a newer process knows is handed on and bounded', () => {
  const feed = createFeed()
  const seen: unknown[] = []
  feed.subscribe((message) => seen.push(message.id))
  for (let n = 1; n <= 300; n++)
    feed.receive({ type: 'later', id: String(n), at: n } as unknown as LiveMessage)
  expect(seen).toHaveLength(300)
  expect(feed.since('0')).toHaveLength(100)
})

const call = (id: string, status: 'matched' | 'unmatched' = 'unmatched'): LiveMessage => ({
  type: 'call',
  id: `5-${id}`,
  at: 1,
  call_id: id,
  session_id: null,
  site_id: 's',
  status,
  endpoint: '/',
  action: null,
  target: null,
  page_url: null,
})

it('a call that comes over the channel and from the database is shown once, and again when it is matched', () => {
  const feed = createFeed()
  const seen: string[] = []
  feed.subscribe((message) => seen.push('status' in message ? String(message.status) : ''))
  for (const status of ['unmatched', 'unmatched', 'matched', 'unmatched', 'matched'] as const)
    feed.receive(call('a', status))
  expect(seen).toEqual(['unmatched', 'matched'])
})

it('kinds of messages that nobody knows are bounded in number too', () => {
  const feed = createFeed()
  for (let n = 0; n < 1_000; n++)
    feed.receive({ type: `kind_${n}`, id: String(n + 1), at: n } as unknown as LiveMessage)
  expect(feed.since('0').length).toBeLessThanOrEqual(16)
})

it('a call is wanted while somebody reads here or elsewhere, and some seconds after the last has gone', () => {
  let now = 1_000
  let isReadElsewhere = false
  const feed = createFeed(() => now)
  expect(feed.isWanted()).toBe(false)
  const leave = feed.subscribe(() => {})
  expect(feed.isWanted()).toBe(true)
  leave()
  now += 9_999
  expect(feed.isWanted()).toBe(true)
  now += 1
  expect(feed.isWanted()).toBe(false)
  feed.onPublish(
    () => {},
    () => isReadElsewhere,
  )
  expect(feed.isWanted()).toBe(false)
  isReadElsewhere = true
  expect(feed.isWanted()).toBe(true)
})

it('behind a call that was passed over nothing is remembered exactly', () => {
  const feed = createFeed()
  feed.receive(call('a'))
  expect(feed.remembers('5-a')).toBe(true)
  feed.passOver()
  expect(feed.remembers('5-a')).toBe(false)
  feed.receive(call('b'))
  expect(feed.remembers('5-b')).toBe(true)
})
