import { beforeEach, expect, test } from 'vitest'
import { fakeStorage } from '../../test/support/fake-storage.js'
import { settle, VirtualWorld } from '../../test/support/virtual-world.js'
import { createDelivery, LEASE, SETTLE } from './delivery.js'
import { entries, type Entry } from './outbox.js'
import { createStore } from './storage.js'

let storage: ReturnType<typeof fakeStorage>
let world: VirtualWorld
beforeEach(() => {
  storage = fakeStorage()
  world = new VirtualWorld()
})

const open = () => createStore(() => storage, 'opsmantik:site:')
const outboxOf = () => {
  const store = open()
  return {
    list: () => entries(store),
    get: (id: string) => store.load<Entry>(id),
    put: (entry: Entry) => store.save(entry.id, entry),
  }
}
/** A page whose delivery runs, unless told otherwise. */
const page = (its: VirtualWorld = world, running = true) => {
  const delivery = createDelivery(open(), its, false)
  if (running) delivery.run(true)
  return { ...delivery, flush: () => delivery.run(true), stop: () => delivery.run(false) }
}
const held = () =>
  outboxOf()
    .list()
    .map(({ id }) => id)
    .sort()
const REFUSED = { error: 'no', code: 'INVALID_BODY' }

test('the event is in storage, and its request has started, before deliver returns', () => {
  page().deliver('a', 'A')
  expect(held()).toEqual(['a'])
  expect(world.sent.map(({ body, keepalive }) => [body, keepalive])).toEqual([['A', true]])
})

test('an answer that says recorded makes it forget', async () => {
  const outcome = page().deliver('a', 'A')
  await world.sent[0]!.answer(200, { status: 'matched' })
  expect(await outcome).toEqual({ status: 'delivered', eventId: 'a' })
  expect(held()).toEqual([])
  expect(world.timers).toBe(0)
})

test('noop is a duplicate', async () => {
  const outcome = page().deliver('a', 'A')
  await world.sent[0]!.answer(200, { status: 'noop' })
  expect(await outcome).toEqual({ status: 'duplicate', eventId: 'a' })
})

test('a refusal in the contract’s words drops it, with the reason', async () => {
  const outcome = page().deliver('a', 'A')
  await world.sent[0]!.answer(400, REFUSED)
  expect(await outcome).toEqual({ status: 'dropped', eventId: 'a', reason: 'INVALID_BODY' })
  expect(held()).toEqual([])
})

test('no answer keeps it, and the same body is tried again within two seconds', async () => {
  const outcome = page().deliver('a', 'A')
  await world.sent[0]!.fail()
  expect(await outcome).toEqual({ status: 'queued', eventId: 'a', reason: '0' })
  await world.pass(2_000 + SETTLE)
  expect(world.sent.map(({ body }) => body)).toEqual(['A', 'A'])
  await world.sent[1]!.answer(200)
  expect(held()).toEqual([])
})

test('every second try does without keepalive', async () => {
  page().deliver('a', 'A')
  for (let i = 0; i < 3; i++) {
    await world.sent[i]!.fail()
    await world.pass(600_000)
  }
  expect(world.sent.map(({ keepalive }) => keepalive)).toEqual([true, false, true, false])
})

test('retries back off, across page loads, and never come before their time', async () => {
  world.luck = 0.999
  const first = page()
  first.deliver('a', 'A')
  await world.sent[0]!.fail()
  first.stop()
  let failures = 1
  for (; failures < 14; failures++) {
    const due = outboxOf().get('a')!.next
    const next = page()
    next.flush()
    await world.pass(due - world.time - 1)
    expect(world.sent).toHaveLength(failures)
    await world.pass(SETTLE + 2)
    expect(world.sent).toHaveLength(failures + 1)
    await world.sent[failures]!.fail()
    next.stop()
  }
  const [last, before] = [world.sent.at(-1)!.at, world.sent.at(-2)!.at]
  expect(last - before).toBeGreaterThan(500_000)
  expect(last - before).toBeLessThanOrEqual(600_000 + SETTLE)
})

test('Retry-After is obeyed', async () => {
  page().deliver('a', 'A')
  await world.sent[0]!.answer(429, {}, { 'retry-after': '10' })
  await world.pass(9_999)
  expect(world.sent).toHaveLength(1)
  await world.pass(1 + SETTLE)
  expect(world.sent).toHaveLength(2)
})

test('a wrong clock is corrected from the answer, and the event sent again, once at once', async () => {
  const delivery = page()
  const signing = Promise.resolve({ old: '1' })
  const outcome = delivery.deliver('a', 'A', signing)
  const answer = { error: 'x', code: 'SIGNATURE_TIMESTAMP_INVALID', server_ts: 1_767_000_000 }
  expect(world.sent[0]!.signing).toBe(signing)
  await world.sent[0]!.answer(401, answer)
  expect(world.corrections).toEqual([1_767_000_000])
  expect(world.sent[1]).toMatchObject({ body: 'A', signing: undefined })
  await world.sent[1]!.answer(401, answer)
  expect(world.sent).toHaveLength(2)
  expect(await outcome).toMatchObject({
    status: 'queued',
    reason: 'SIGNATURE_TIMESTAMP_INVALID',
  })
})

test('while it does not run, an event is kept and not sent; once it runs it is', async () => {
  const delivery = page(world, false)
  expect(await delivery.deliver('a', 'A')).toEqual({
    status: 'queued',
    eventId: 'a',
    reason: 'consent',
  })
  await world.pass(1e6)
  expect(world.sent).toEqual([])
  delivery.run(true)
  await world.pass(SETTLE)
  await world.sent[0]!.answer(200)
  expect(held()).toEqual([])
  expect(world.reported.at(-1)).toMatchObject({ status: 'delivered', eventId: 'a' })
})

test('what is taken out of storage after it was stopped is not put back', async () => {
  const delivery = page()
  delivery.deliver('a', 'A')
  delivery.stop()
  storage.clear()
  await world.sent[0]!.fail()
  expect(held()).toEqual([])
})

test('another page leaves alone what is in flight, and takes over when the lease has run out', async () => {
  page().deliver('a', 'A')
  page().flush()
  await world.pass(LEASE - 1)
  expect(world.sent).toHaveLength(1)
  await world.pass(2 + SETTLE)
  expect(world.sent).toHaveLength(2)
})

test('a page that was frozen after it took the lease counts it from the request, not from before', async () => {
  outboxOf().put({ id: 'a', body: 'A', at: world.time, tries: 1, next: 0 })
  page()
  world.time += LEASE - 1
  await world.pass(0)
  expect(world.sent).toHaveLength(1)
  page()
  await world.pass(LEASE - 1)
  expect(world.sent).toHaveLength(1)
})

test('the try that follows a corrected clock has a lease of its own', async () => {
  const code = 'SIGNATURE_TIMESTAMP_INVALID'
  page().deliver('a', 'A')
  await world.pass(LEASE - 2)
  await world.sent[0]!.answer(401, { error: 'x', code, server_ts: 1_767_000_000 })
  page()
  await world.pass(LEASE - 2)
  expect(world.sent).toHaveLength(2)
})

test('two tabs that wake at the same moment send each event once', async () => {
  for (const id of ['a', 'b', 'c'])
    outboxOf().put({ id, body: id, at: world.time, tries: 1, next: 0 })
  const other = new VirtualWorld()
  other.luck = 0.25
  page().flush()
  page(other).flush()
  for (let i = 0; i < 8; i++) {
    await Promise.all([world.pass(SETTLE), other.pass(SETTLE)])
    for (const sent of [...world.sent, ...other.sent]) await sent.answer(200)
  }
  const bodies = [...world.sent, ...other.sent].map(({ body }) => body)
  expect(bodies.sort()).toEqual(['a', 'b', 'c'])
  expect(held()).toEqual([])
})

test('two tabs that both lease an event before they see each other’s lease send it once', async () => {
  outboxOf().put({ id: 'a', body: 'A', at: world.time, tries: 1, next: 0 })
  const late = open()
  const before = late.load<Entry>('a')
  let first = true
  page()
  world.luck = 0.25
  createDelivery(
    {
      ...late,
      load: <T>(key: string) => {
        const seen = first ? before : late.load(key)
        first = false
        return seen as T
      },
    },
    world,
    false,
  ).run(true)
  await world.pass(SETTLE)
  expect(world.sent).toHaveLength(1)
})

test('a queue is drained one request at a time, however often it is asked to flush', async () => {
  for (const id of ['a', 'b', 'c'])
    outboxOf().put({ id, body: id, at: world.time, tries: 1, next: 0 })
  const delivery = page()
  for (let i = 0; i < 5; i++) delivery.flush()
  await world.pass(5 * SETTLE)
  expect(world.sent).toHaveLength(1)
  await world.sent[0]!.answer(200)
  await world.pass(5 * SETTLE)
  expect(world.sent).toHaveLength(2)
})

test('an event added while another is in flight is not overwritten', async () => {
  const delivery = page()
  delivery.deliver('a', 'A')
  delivery.deliver('b', 'B')
  await world.sent[0]!.answer(200)
  expect(held()).toEqual(['b'])
})

test('an event that always fails does not hold up the others', async () => {
  for (const id of ['a', 'b', 'c'])
    outboxOf().put({ id, body: id, at: world.time, tries: 1, next: 0 })
  page().flush()
  for (let i = 0; i < 6; i++) {
    await world.pass(SETTLE)
    for (const sent of world.sent) await sent.answer(sent.body === 'a' ? 500 : 200)
  }
  expect(held()).toEqual(['a'])
})

test('a page that clears its storage in mid-flight loses nothing', async () => {
  page().deliver('a', 'A')
  storage.clear()
  await world.sent[0]!.fail()
  expect(held()).toEqual(['a'])
})

test('a page that is taken away while its lease settles sends nothing', async () => {
  outboxOf().put({ id: 'a', body: 'A', at: world.time, tries: 1, next: 0 })
  page().stop()
  await world.pass(SETTLE)
  expect(world.sent).toEqual([])
})

test('a try of the queue that got no answer does not stop it', async () => {
  outboxOf().put({ id: 'a', body: 'A', at: world.time, tries: 1, next: 0 })
  const delivery = page()
  await world.pass(SETTLE)
  await world.sent[0]!.fail()
  delivery.deliver('b', 'B')
  await world.pass(600_000)
  expect(world.sent.map(({ body }) => body)).toEqual(['A', 'B', 'A'])
})

test('a try that lost its lease to another does not undo what the other found out', async () => {
  const frozen = page()
  frozen.deliver('a', 'A')
  page().flush()
  await world.pass(LEASE + 1 + SETTLE)
  await world.sent[1]!.answer(503, {}, { 'retry-after': '100' })
  const kept = outboxOf().get('a')
  await world.sent[0]!.fail()
  expect(outboxOf().get('a')).toEqual(kept)
})

test('with storage blocked it still sends, and retries from memory', async () => {
  storage.broken = new DOMException('no', 'SecurityError')
  const outcome = page().deliver('a', 'A')
  await world.sent[0]!.fail()
  expect((await outcome).status).toBe('queued')
  await world.pass(2_000 + SETTLE)
  await world.sent[1]!.answer(200)
  expect(world.sent).toHaveLength(2)
  expect(world.reported.at(-1)).toEqual({ status: 'delivered', eventId: 'a' })
})

test('more than 100 events: the oldest is dropped, and says so', async () => {
  for (let i = 0; i < 100; i++)
    outboxOf().put({
      id: `e${i}`,
      body: '{}',
      at: world.time + i,
      tries: 0,
      next: world.time + 1e6,
    })
  await world.pass(1_000)
  page().deliver('new', '{}')
  await world.sent[0]!.fail()
  expect(held()).toHaveLength(100)
  expect(held()).toContain('new')
  expect(world.reported).toContainEqual({ status: 'dropped', eventId: 'e0', reason: 'full' })
})

test('more than 64 KiB: the oldest are dropped until it fits', async () => {
  const body = JSON.stringify({ text: 'ş'.repeat(5_000) })
  for (let i = 0; i < 10; i++)
    outboxOf().put({ id: `e${i}`, body, at: world.time + i, tries: 0, next: world.time + 1e6 })
  page()
  expect(held()).toEqual(['e4', 'e5', 'e6', 'e7', 'e8', 'e9'])
})

test('after seven days an event is dropped, and says so', async () => {
  outboxOf().put({ id: 'old', body: '{}', at: world.time - 604_800_001, tries: 9, next: 0 })
  page()
  expect(world.sent).toEqual([])
  expect(world.reported).toEqual([{ status: 'dropped', eventId: 'old', reason: 'expired' }])
})

test('a clock that was set back by years does not strand an event', async () => {
  outboxOf().put({ id: 'a', body: 'A', at: world.time, tries: 1, next: world.time + 600_000 })
  world.time = Date.UTC(2020, 0, 1)
  page().flush()
  await world.pass(SETTLE)
  expect(world.sent).toHaveLength(1)
})

test('after stop no timer is left and nothing is sent', async () => {
  for (const id of ['a', 'b']) outboxOf().put({ id, body: id, at: world.time, tries: 1, next: 0 })
  const delivery = page()
  delivery.flush()
  await world.pass(SETTLE)
  delivery.stop()
  await world.sent[0]!.fail()
  await world.pass(1e6)
  expect(world.sent).toHaveLength(1)
  expect(world.timers).toBe(0)
  await settle()
})
