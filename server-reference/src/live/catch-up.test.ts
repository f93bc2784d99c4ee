import { randomUUID } from 'node:crypto'
import type { LiveMessage } from '@opsmantik/tracker/contract'
import { expect, it } from 'vitest'
import type { CallCursor, ListedCall } from '../store/store.js'
import { CALLS_PAGE } from '../store/calls-after.js'
import { callMessage } from './call-message.js'
import { createCatchUp } from './catch-up.js'
import { createFeed } from './feed.js'
import { createTail } from './tail.js'

const NOW = 1_763_745_600_000
const SECOND = 1_000_000

/** A table whose rows become visible when a test commits them. */
const createTable = () => {
  const rows: ListedCall[] = []
  const order = (a: ListedCall, b: ListedCall): number => a.recordedAt - b.recordedAt
  const state = { isDown: false }
  return {
    state,
    /** Commits a call that arrived `seconds` after the beginning. */
    commit: (seconds: number): ListedCall => {
      const call: ListedCall = {
        callId: randomUUID(),
        siteId: randomUUID(),
        sessionId: null,
        endpoint: '/api/call-event/v2',
        action: null,
        target: null,
        pageUrl: null,
        occurredAt: NOW,
        recordedAt: NOW * 1000 + seconds * SECOND,
      }
      rows.push(call)
      return call
    },
    store: {
      callsAfter: async ({ recordedAt, callId }: CallCursor) => {
        if (state.isDown) throw new Error('down')
        return rows
          .filter(
            (row) =>
              row.recordedAt > recordedAt || (row.recordedAt === recordedAt && row.callId > callId),
          )
          .toSorted(order)
          .slice(0, CALLS_PAGE)
      },
      latestCall: async () => {
        if (state.isDown) throw new Error('down')
        return rows.toSorted(order).at(-1) ?? null
      },
    },
  }
}

const readerOf = () => {
  const got: LiveMessage[] = []
  return {
    got,
    calls: () => got.flatMap((message) => (message.type === 'call' ? [message.call_id] : [])),
    reader: { isGone: () => false, send: async (message: LiveMessage) => !!got.push(message) },
  }
}
const now = () => NOW + 3_600_000

it('a process that has never heard of a call sends everything that was recorded after it', async () => {
  const { commit, store } = createTable()
  const [first, ...others] = Array.from({ length: 1_203 }, (_, n) => commit(n * 3))
  const { calls, reader } = readerOf()
  await createCatchUp(createFeed(), store, false, now)(callMessage(first!).id, reader)
  expect(calls()).toEqual(others.map(({ callId }) => callId))
})

it('a call that was committed later than the one last seen, but had arrived before it, is sent too', async () => {
  const { commit, store } = createTable()
  const seen = commit(10)
  const late = commit(5)
  const { calls, reader } = readerOf()
  await createCatchUp(createFeed(), store, false, now)(callMessage(seen).id, reader)
  expect(calls()).toContain(late.callId)
  expect(calls()).not.toContain(seen.callId)
})

it('after a message that is no call, clocks of processes may differ by a minute', async () => {
  const { commit, store } = createTable()
  const missed = commit(10)
  const { calls, reader } = readerOf()
  await createCatchUp(createFeed(), store, false, now)(String(NOW * 1000 + 60 * SECOND), reader)
  expect(calls()).toEqual([missed.callId])
})

it('the only process sends exactly what it has shown since, with what it knows of it', async () => {
  const { commit, store } = createTable()
  const feed = createFeed()
  for (const n of [1, 2, 3]) feed.receive(callMessage(commit(n)))
  const [first, second, third] = feed.since('0')
  const { got, reader } = readerOf()
  await createCatchUp(feed, store, true, now)(first!.id, reader)
  expect(got).toEqual([second, third])
})

it('the only process sends from the table what it recorded while nobody read', async () => {
  const { commit, store } = createTable()
  const feed = createFeed()
  const seen = callMessage(commit(1))
  feed.receive(seen)
  feed.publish({ type: 'sync', site_id: 's', accepted: 1, page_url: 'u' })
  const missed = [commit(2), commit(3)]
  feed.passOver()
  const { calls, reader } = readerOf()
  await createCatchUp(feed, store, true, now)(seen.id, reader)
  expect(calls()).toEqual(missed.map(({ callId }) => callId))
})

it('refusals that this process remembers come in their place', async () => {
  const { commit, store } = createTable()
  let time = NOW + 2_000
  const feed = createFeed(() => time)
  const first = commit(0)
  commit(1)
  feed.publish({ type: 'refused', status: 403, code: 'X', endpoint: '/', hint: 'h' })
  time = NOW + 4_000
  commit(3)
  const { got, reader } = readerOf()
  await createCatchUp(feed, store, false, now)(callMessage(first).id, reader)
  expect(got.map(({ type }) => type)).toEqual(['call', 'refused', 'call'])
})

it.each(['', 'x', '-1', '1-x', '99999999999999999999', "1'; drop table"])(
  'a position that is none (%s) is not looked up',
  async (after) => {
    const { commit, store } = createTable()
    commit(1)
    const { got, reader } = readerOf()
    await createCatchUp(createFeed(), store, false, now)(after, reader)
    expect(got).toEqual([])
  },
)

it('a process that hears nothing of the others finds their calls in the table while somebody reads', async () => {
  const { commit, store, state } = createTable()
  const old = commit(0)
  const feed = createFeed()
  const tail = createTail(feed, store, () => false, { pollingMs: 5 })
  await tail.start()
  const { calls, reader } = readerOf()
  feed.subscribe((message) => void reader.send(message))
  const first = commit(1)
  await expect.poll(calls).toEqual([first.callId])
  // Committed later, arrived before; and one that the channel brought already.
  feed.receive(callMessage(commit(2)))
  const late = commit(0.5)
  await expect.poll(calls).toHaveLength(3)
  expect(calls().at(-1)).toBe(late.callId)
  state.isDown = true
  await new Promise((resolve) => setTimeout(resolve, 30))
  const during = commit(3)
  state.isDown = false
  await expect.poll(calls).toContain(during.callId)
  expect(calls()).not.toContain(old.callId)
  expect(new Set(calls()).size).toBe(calls().length)
  tail.close()
})
