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
  let now = 0
  const feed = createFeed(() => now)
  feed.publish(page(1))
  for (let n = 0; n < 100; n++) feed.publish(refusal)
  expect(feed.since('-1')).toHaveLength(51)
  for (now = 1000; now < 20_000; now += 1000) for (let n = 0; n < 50; n++) feed.publish(refusal)
  expect(feed.since('-1')).toHaveLength(201)
  expect(feed.since('-1')[0]!.type).toBe('sync')
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
