import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FakeDatabase } from '../../test/support/fake-database.js'
import { fakeStorage } from '../../test/support/fake-storage.js'
import { settle, VirtualWorld } from '../../test/support/virtual-world.js'
import { createDelivery } from './delivery.js'
import { LEASE_MS, type Entry } from './outbox.js'
import { seal } from './seal.js'
import type { Signing } from './sign.js'
import { createStore } from './storage.js'
import { uuid } from './uuid.js'

let storage: ReturnType<typeof fakeStorage>
let database: FakeDatabase
let world: VirtualWorld
let names: Map<string, string>
beforeEach(() => {
  storage = fakeStorage()
  database = new FakeDatabase()
  world = new VirtualWorld()
  world.install()
  names = new Map()
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

/** An event by a name: its id has the time at which it was first named. */
const id = (name: string, at = world.time): string => {
  if (!names.has(name)) {
    const now = world.time
    world.time = at
    names.set(name, uuid())
    world.time = now
  }
  return names.get(name)!
}
const named = (one: string): string => [...names].find(([, known]) => known === one)![0]
const bodyOf = (name: string, more = ''): string =>
  `{"event_id":"${id(name)}","n":"${name}${more}"}`
const nameIn = (body: string): string => (JSON.parse(body) as { n: string }).n

const open = () => createStore(() => storage, 'opsmantik:site:')
/** Puts an event into the outbox, as an earlier page left it. */
const put = (name: string, entry: Partial<Entry> = {}, at = world.time, more = ''): void => {
  id(name, at)
  database.entries.set(id(name), { t: bodyOf(name, more), n: 0, f: 1, v: 1, ...entry })
}
const tab = fakeStorage()
const session = createStore(() => tab, 'opsmantik:site:')
/** Creates a page whose delivery runs by default. */
const page = (its: VirtualWorld = world, running = true) => {
  let isAllowed = running
  const [deliver, flush] = createDelivery(
    createStore(() => (isAllowed ? storage : undefined), 'opsmantik:site:'),
    database.transact,
    its.send,
    its.taken,
    session,
    its.report,
    () => running,
  )
  if (running) flush()
  return {
    flush,
    deliver: (name: string, signing?: Signing) => deliver(id(name), bodyOf(name), signing),
    run() {
      running = isAllowed = true
      flush()
    },
    stop() {
      running = false
      flush()
    },
  }
}
/** Simulates a page that goes away after a press, so that the response to its request is lost. */
const passingPage = (name: string): void => {
  const passing = page(new VirtualWorld())
  void passing.deliver(name)
  passing.stop()
}
const inbox = () => open().keys().map(named).sort()
const held = () => [...new Set([...inbox(), ...[...database.entries.keys()].map(named)])].sort()
const sent = (its = world) => its.sent.map(({ body }) => nameIn(body))
const last = () => world.sent.at(-1)!
const REFUSED = { error: 'no', code: 'INVALID_BODY' }

test('the event is in the inbox, and its request has started, before deliver returns', () => {
  void page().deliver('a')
  expect(inbox()).toEqual(['a'])
  expect(world.sent.map(({ body, keepalive }) => [body, keepalive])).toEqual([[bodyOf('a'), true]])
})

test('the next task moves it from the inbox to the outbox', async () => {
  void page().deliver('a')
  await world.pass(0)
  expect(inbox()).toEqual([])
  expect(database.entries.get(id('a'))).toEqual({
    t: bodyOf('a'),
    n: world.time + LEASE_MS,
    f: 0,
    v: 0,
  })
})

test('what a page that went away left in the inbox, the next page moves, and sends when the lease is over', async () => {
  passingPage('a')
  page()
  await world.pass(0)
  expect([inbox(), held()]).toEqual([[], ['a']])
  await world.pass(LEASE_MS - 1)
  expect(sent()).toEqual([])
  await world.pass(1)
  expect(sent()).toEqual(['a'])
})

test('an inbox that comes back after a kill does not undo what the outbox knows', async () => {
  put('a', { f: 5, n: world.time + 1e5 })
  open().save(id('a'), { t: bodyOf('a'), n: world.time, f: 0, v: 0 })
  page()
  await world.pass(0)
  expect(database.entries.get(id('a'))).toMatchObject({ f: 5, n: world.time + 1e5 })
  expect(inbox()).toEqual([])
})

test('a response that says recorded makes it forget', async () => {
  const outcome = page().deliver('a')
  await world.pass(0)
  await last().answer(200, { status: 'matched' })
  expect(await outcome).toEqual({ status: 'delivered', eventId: id('a') })
  await world.pass(0)
  expect(held()).toEqual([])
  expect(world.timers).toBe(0)
})

test('a response before the next task makes it forget as well', async () => {
  void page().deliver('a')
  await last().answer(200, { status: 'matched' })
  await world.pass(0)
  expect(held()).toEqual([])
})

test('noop is a duplicate', async () => {
  const outcome = page().deliver('a')
  await last().answer(200, { status: 'noop' })
  expect(await outcome).toEqual({ status: 'duplicate', eventId: id('a') })
})

test('a refusal of the event itself drops it, with the reason', async () => {
  const outcome = page().deliver('a')
  await last().answer(400, REFUSED)
  expect(await outcome).toEqual({ status: 'dropped', eventId: id('a'), reason: 'INVALID_BODY' })
  await world.pass(0)
  expect(held()).toEqual([])
})

test.each([
  [401, 'SIGNATURE_INVALID'],
  [403, 'ORIGIN_NOT_ALLOWED'],
  [400, 'INVALID_SITE_ID'],
  [404, 'NOT_FOUND'],
])(
  'after %s %s it waits a minute at least, whatever wakes it, and survives',
  async (status, code) => {
    const first = page()
    const outcome = first.deliver('a')
    await last().answer(status, { error: 'no', code }, { 'retry-after': '1' })
    expect(await outcome).toEqual({ status: 'queued', eventId: id('a'), reason: code })
    for (let i = 0; i < 59; i++) {
      await world.pass(1_000)
      first.flush()
      page().stop()
    }
    expect(sent()).toEqual(['a'])
    await world.pass(16_000)
    expect(sent()).toEqual(['a', 'a'])
    await last().answer(200)
    await world.pass(0)
    expect(held()).toEqual([])
  },
)

test('refusals of the configuration double their delay up to an hour, over page loads', async () => {
  let current = page()
  void current.deliver('a')
  const waits = []
  for (let i = 0; i < 9; i++) {
    const at = world.time
    await last().answer(403, { error: 'no', code: 'ORIGIN_NOT_ALLOWED' })
    await world.pass(0)
    while (world.sent.length < i + 2) {
      current.stop()
      current = page()
      await world.pass(5_000)
    }
    waits.push(Math.round((last().at - at) / 60_000))
  }
  expect(waits.slice(0, 6)).toEqual([1, 2, 5, 9, 18, 36])
  for (const wait of waits.slice(6)) expect([54, 55]).toContain(wait)
})

test('the first refusal of the configuration after an outage waits about a minute, and the reverse', async () => {
  put('a', { f: 9 })
  page()
  await world.pass(0)
  await last().answer(401, { error: 'no', code: 'SIGNATURE_INVALID' })
  await world.pass(0)
  expect(database.entries.get(id('a'))!.f).toBe(-1)
  await world.pass(75_000)
  await last().fail()
  await world.pass(0)
  expect(database.entries.get(id('a'))!.f).toBe(1)
})

test('no response keeps it, and the same body is tried again within two seconds, without keepalive', async () => {
  const outcome = page().deliver('a')
  await last().fail()
  expect(await outcome).toEqual({ status: 'queued', eventId: id('a'), reason: '0' })
  await world.pass(2_000)
  expect(world.sent.map(({ body, keepalive }) => [body, keepalive])).toEqual([
    [bodyOf('a'), true],
    [bodyOf('a'), false],
  ])
  await last().answer(200)
  await world.pass(0)
  expect(held()).toEqual([])
})

test('retries back off, across page loads, and never come before their time', async () => {
  world.luck = 0.999
  const first = page()
  void first.deliver('a')
  await last().fail()
  await world.pass(0)
  first.stop()
  let failures = 1
  for (; failures < 14; failures++) {
    const due = database.entries.get(id('a'))!.n!
    const next = page()
    await world.pass(due - world.time - 1)
    expect(world.sent).toHaveLength(failures)
    await world.pass(2)
    expect(world.sent).toHaveLength(failures + 1)
    await last().fail()
    await world.pass(0)
    next.stop()
  }
  const [end, before] = [world.sent.at(-1)!.at, world.sent.at(-2)!.at]
  expect(end - before).toBeGreaterThan(500_000)
  expect(end - before).toBeLessThanOrEqual(600_000)
})

test('Retry-After is obeyed', async () => {
  void page().deliver('a')
  await last().answer(429, {}, { 'retry-after': '10' })
  await world.pass(9_999)
  expect(world.sent).toHaveLength(1)
  await world.pass(1)
  expect(world.sent).toHaveLength(2)
})

test('a wrong clock is corrected from the response, and the event sent again, immediately and once', async () => {
  const signing = Promise.resolve({ old: '1' })
  const outcome = page().deliver('a', signing)
  const reason = 'SIGNATURE_TIMESTAMP_INVALID'
  const answer = { error: 'x', code: reason, server_ts: 1_767_000_000 }
  expect(last().signing).toBe(signing)
  await last().answer(401, answer)
  expect(session.load('skew')).toBe(1_767_000_000 - world.time / 1000)
  expect(world.sent[1]).toMatchObject({ body: bodyOf('a'), signing: undefined })
  await last().answer(401, answer)
  expect(await outcome).toMatchObject({ status: 'queued', reason })
  await world.pass(47_999)
  expect(world.sent).toHaveLength(2)
})

test('after an outage, too, a wrong clock is corrected immediately', async () => {
  put('a', { f: 5 })
  page()
  await world.pass(0)
  await last().answer(401, {
    error: 'x',
    code: 'SIGNATURE_TIMESTAMP_INVALID',
    server_ts: 1_767_000_000,
  })
  await world.pass(0)
  expect(world.sent).toHaveLength(2)
})

test('what the response to the try after a corrected clock asks for is kept, however soon it comes', async () => {
  void page().deliver('a')
  await world.pass(0)
  const code = 'SIGNATURE_TIMESTAMP_INVALID'
  await last().answer(401, { error: 'x', code, server_ts: 1_767_000_000 })
  await world.pass(0)
  await last().answer(429, {}, { 'retry-after': '100' })
  await world.pass(0)
  expect(database.entries.get(id('a'))!.n).toBe(world.time + 100_000)
})

test('the try that follows a corrected clock has a lease of its own', async () => {
  const code = 'SIGNATURE_TIMESTAMP_INVALID'
  void page().deliver('a')
  await world.pass(LEASE_MS - 2)
  await last().answer(401, { error: 'x', code, server_ts: 1_767_000_000 })
  page()
  await world.pass(LEASE_MS - 2)
  expect(world.sent).toHaveLength(2)
})

test('while it does not run, an event is kept in memory and not sent; once it runs it is', async () => {
  const delivery = page(world, false)
  expect(await delivery.deliver('a')).toEqual({
    status: 'queued',
    eventId: id('a'),
    reason: 'consent',
  })
  await world.pass(1e6)
  expect([sent(), inbox()]).toEqual([[], []])
  delivery.run()
  await world.pass(0)
  await last().answer(200)
  await world.pass(0)
  expect(held()).toEqual([])
  expect(world.reported.at(-1)).toMatchObject({ status: 'delivered', eventId: id('a') })
})

test('four requests are in flight at most, three of them presses; the others wait for their turn', async () => {
  const delivery = page()
  const outcomes = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => delivery.deliver(name))
  expect(sent()).toEqual(['a', 'b', 'c'])
  expect(await outcomes[3]).toMatchObject({ status: 'queued', reason: 'busy' })
  await world.pass(0)
  expect(world.sent.map(({ keepalive }) => keepalive)).toEqual([true, true, true, false])
  await world.sent[0]!.answer(200)
  await world.pass(0)
  expect(world.sent).toHaveLength(5)
  for (let i = 3; i < 6; i++) {
    await world.sent[i]!.answer(200)
    await world.pass(0)
  }
  expect(sent().sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
})

test('a queue that found no free connection goes on when one is free', async () => {
  world.others = 4
  put('a')
  page()
  await world.pass(1_000)
  expect(sent()).toEqual([])
  world.others = 3
  await world.pass(1_000)
  expect(sent()).toEqual(['a'])
})

test('another page leaves alone what is in flight, and takes over when the lease is over', async () => {
  void page().deliver('a')
  await world.pass(0)
  page()
  await world.pass(LEASE_MS - 1)
  expect(world.sent).toHaveLength(1)
  await world.pass(1)
  expect(world.sent).toHaveLength(2)
})

test('two tabs that wake at the same moment send each event once', async () => {
  for (const name of ['a', 'b', 'c']) put(name)
  const other = new VirtualWorld()
  page()
  page(other)
  for (let i = 0; i < 8; i++) {
    await Promise.all([world.pass(10), other.pass(10)])
    for (const one of [...world.sent, ...other.sent]) await one.answer(200)
  }
  expect([...sent(), ...sent(other)].sort()).toEqual(['a', 'b', 'c'])
  expect(held()).toEqual([])
})

test('a queue is drained once, however often it is asked to flush', async () => {
  for (const name of ['a', 'b', 'c', 'd', 'e']) put(name)
  const delivery = page()
  for (let i = 0; i < 5; i++) delivery.flush()
  await world.pass(100)
  expect(sent().sort()).toHaveLength(4)
  for (const one of world.sent) await one.answer(200)
  await world.pass(100)
  expect(sent().sort()).toEqual(['a', 'b', 'c', 'd', 'e'])
})

test('what changes while the database is asked is not forgotten until the next alarm', async () => {
  put('later', { n: world.time + 50_000 })
  const delivery = page()
  let go = (): void => {}
  const { transact } = database
  database.transact = async (change) => {
    await new Promise<void>((resolve) => (go = resolve))
    return transact(change)
  }
  const slow = page()
  await world.pass(0)
  const outcome = slow.deliver('a')
  go()
  await world.pass(0)
  go()
  await world.pass(0)
  expect(database.entries.has(id('a'))).toBe(true)
  await last().answer(200)
  await outcome
  delivery.stop()
})

test('an event added while another is in flight is not overwritten', async () => {
  const delivery = page()
  void delivery.deliver('a')
  void delivery.deliver('b')
  await world.sent[0]!.answer(200)
  await world.pass(0)
  expect(held()).toEqual(['b'])
})

test('an event that always fails does not hold up the others', async () => {
  for (const name of ['a', 'b', 'c']) put(name)
  page()
  for (let i = 0; i < 6; i++) {
    await world.pass(10)
    for (const one of world.sent) await one.answer(nameIn(one.body) === 'a' ? 500 : 200)
  }
  expect(held()).toEqual(['a'])
})

test.each(['before', 'after'])(
  'a page that clears its storage %s the event has moved loses nothing',
  async (when) => {
    void page().deliver('a')
    if (when === 'after') await world.pass(0)
    storage.clear()
    database.entries.clear()
    await last().fail()
    await world.pass(0)
    expect(held()).toEqual(['a'])
  },
)

test('a page that is taken away while the database is asked sends nothing', async () => {
  put('a')
  page().stop()
  await world.pass(LEASE_MS)
  expect(world.sent).toEqual([])
})

test('a try of the queue that got no response does not stop it', async () => {
  put('a')
  const delivery = page()
  await world.pass(0)
  await last().fail()
  void delivery.deliver('b')
  await world.pass(600_000)
  expect(sent().filter((name) => name === 'a').length).toBeGreaterThan(1)
})

test('a try that lost its lease to another does not undo what the other found out', async () => {
  void page().deliver('a')
  await world.pass(0)
  page()
  await world.pass(LEASE_MS)
  await world.sent[1]!.answer(503, {}, { 'retry-after': '100' })
  await world.pass(0)
  const kept = database.entries.get(id('a'))
  await world.sent[0]!.fail()
  await world.pass(0)
  expect(database.entries.get(id('a'))).toEqual(kept)
})

test('with everything blocked it still sends, and retries from memory', async () => {
  storage.broken = new DOMException('no', 'SecurityError')
  database.state = 'closed'
  const outcome = page().deliver('a')
  await last().fail()
  expect((await outcome).status).toBe('queued')
  await world.pass(2_000)
  await last().answer(200)
  expect(world.sent).toHaveLength(2)
  expect(world.reported.at(-1)).toEqual({ status: 'delivered', eventId: id('a') })
})

test('without a database the inbox carries an event to the next page', async () => {
  database.state = 'closed'
  passingPage('a')
  page()
  await world.pass(LEASE_MS)
  expect(sent()).toEqual(['a'])
  await last().answer(200)
  await world.pass(0)
  expect(inbox()).toEqual([])
  await world.pass(LEASE_MS)
  expect(sent()).toEqual(['a'])
})

test('a database that is full still gives what it has, and backoff is kept in memory', async () => {
  put('a', { f: 0 })
  database.state = 'full'
  world.luck = 0.9
  page()
  await world.pass(0)
  expect(sent()).toEqual(['a'])
  await last().fail()
  await world.pass(1_000)
  expect(sent()).toEqual(['a'])
  await world.pass(1_000)
  expect(sent()).toEqual(['a', 'a'])
  await last().answer(200)
  await world.pass(1e6)
  expect(sent()).toEqual(['a', 'a'])
})

test('a database that was broken is asked again', async () => {
  put('a')
  database.state = 'closed'
  page()
  await world.pass(1_000)
  database.state = 'works'
  await world.pass(60_000)
  expect(sent()).toEqual(['a'])
})

test('more than 100 events: the oldest is dropped, and says so', async () => {
  for (let i = 0; i < 100; i++) put(`e${i}`, { n: world.time + 1e6 }, world.time + i)
  await world.pass(1_000)
  void page().deliver('new')
  await last().fail()
  await world.pass(0)
  expect(held()).toHaveLength(100)
  expect(held()).toContain('new')
  expect(world.reported).toContainEqual({ status: 'dropped', eventId: id('e0'), reason: 'full' })
})

test('more than 64 KiB: the oldest are dropped until it fits', async () => {
  for (let i = 0; i < 10; i++)
    put(`e${i}`, { n: world.time + 1e6 }, world.time + i, 'ş'.repeat(5_000))
  page()
  await world.pass(0)
  expect(held()).toEqual(['e4', 'e5', 'e6', 'e7', 'e8', 'e9'])
})

test('after seven days an event is dropped, and says so once', async () => {
  put('old', { f: 9 }, world.time - 604_800_001)
  page()
  await world.pass(0)
  page()
  await world.pass(0)
  expect(world.sent).toEqual([])
  expect(world.reported).toEqual([{ status: 'dropped', eventId: id('old'), reason: 'expired' }])
})

test('a clock that was set back by years does not strand an event', async () => {
  put('a', { n: world.time + 600_000 })
  world.time = Date.UTC(2020, 0, 1)
  page()
  await world.pass(0)
  expect(world.sent).toHaveLength(1)
})

test.each<unknown>([5, 'junk', {}, null, '{}', Symbol, 'x'.repeat(9), seal(null), '000000{"a":1}'])(
  'junk in the outbox is nothing, and holds nothing up: %s',
  async (junk) => {
    database.junk = junk
    void page().deliver('b')
    await world.pass(0)
    expect(held()).toEqual(['b'])
    await last().answer(200)
    await world.pass(0)
    expect(held()).toEqual([])
  },
)

test('junk in the inbox is skipped, and holds nothing up', async () => {
  for (const [name, value] of [
    ['fp', 'x'],
    [id('i'), bodyOf('i')],
    [id('j'), 'null'],
    [id('k'), JSON.stringify({ t: bodyOf('k'), n: 0 })],
    ['__proto__', '{}'],
  ] as const)
    storage.setItem('opsmantik:site:' + name, value)
  put('b')
  page()
  await world.pass(0)
  expect(sent()).toEqual(['b'])
  await last().fail()
  await world.pass(1e6)
  expect(new Set(sent())).toEqual(new Set(['b']))
})

test('after stop no timer is left and nothing is sent', async () => {
  for (const name of ['a', 'b']) put(name)
  const delivery = page()
  await world.pass(0)
  delivery.stop()
  await last().fail()
  await world.pass(1e6)
  expect(world.sent).toHaveLength(2)
  expect(world.timers).toBe(0)
  await settle()
})
