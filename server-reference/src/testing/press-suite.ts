import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import type { MatchedCall, RecordedCall, Store } from '../store/store.js'
import { newCall } from './new-call.js'
import { newPage } from './new-page.js'
import { OTHER_SITE, SITE } from './sign.js'

/** Tests how every store must treat the time of a press and the session it belongs to (contract sections 6 and 7). */
export const pressSuite = (open: () => { store: Store }): void => {
  const MINUTE_MS = 60_000
  const DAY_MS = 24 * 60 * MINUTE_MS
  const pressed = (ago: number): string => `${Date.now() - ago}-ab12-tel-abc123`
  /** Records a session of a new visitor, seen just now. */
  const visit = async (store: Store): Promise<string> => {
    const fp = randomUUID()
    await store.recordSync([newPage({ sid: fp, meta: { fp } })])
    return fp
  }

  it('the time of the press is kept beside the time of arrival', async () => {
    const { store } = open()
    const at = Date.now() - 3 * DAY_MS
    const before = Date.now()
    const recorded = await store.recordCall(newCall({ intent_stamp: `${at}-ab12-tel-abc123` }))
    expect(recorded.occurredAt).toBe(at)
    // The database's clock is this machine's.
    expect(recorded.recordedAt / 1000).toBeGreaterThanOrEqual(before - 1)
  })

  it.each([
    ['more than 8 days old', (): string => pressed(8 * DAY_MS + MINUTE_MS)],
    ['more than 60 s ahead', (): string => pressed(-2 * MINUTE_MS)],
    ['without a time', (): string => 'no-time'],
  ])('with a stamp that is %s the call has the time of arrival', async (_, stamp) => {
    const { occurredAt, recordedAt } = await open().store.recordCall(
      newCall({ intent_stamp: stamp() }),
    )
    expect(occurredAt).toBe(Math.floor(recordedAt / 1000))
  })

  it('a press of three days ago is not matched to a session of today', async () => {
    const { store } = open()
    const fingerprint = await visit(store)
    const old = newCall({ fingerprint, intent_stamp: pressed(3 * DAY_MS) })
    expect((await store.recordCall(old)).sessionId).toBeNull()
    const fresh = newCall({ fingerprint, intent_stamp: pressed(0) })
    expect((await store.recordCall(fresh)).sessionId).toBe(fingerprint)
  })

  it('a press of 31 minutes before the session is not matched to it', async () => {
    const { store } = open()
    const fingerprint = await visit(store)
    const call = newCall({ fingerprint, intent_stamp: pressed(31 * MINUTE_MS) })
    expect((await store.recordCall(call)).sessionId).toBeNull()
  })

  it('a call whose first page event arrives after it is matched then, once, and the listener hears of it', async () => {
    const { store } = open()
    const fp = randomUUID()
    const heard: MatchedCall[] = []
    store.onLateMatch((call) => heard.push(call))
    const call = newCall({
      fingerprint: fp,
      intent_action: 'phone',
      intent_target: '+905000000000',
      intent_page_url: 'https://s.example/contact',
      intent_stamp: pressed(MINUTE_MS),
    })
    const without = newCall(
      {},
      { event: { site_id: SITE.publicId, fingerprint: fp }, replayKey: 'ef'.repeat(32) },
    )
    const first = await store.recordCall(call)
    const second = await store.recordCall(without)
    expect([first.sessionId, second.sessionId]).toEqual([null, null])
    await store.recordSync([newPage({ sid: 'another visitor', meta: { fp: randomUUID() } })])
    await store.recordSync([newPage({ sid: fp, meta: { fp } }, OTHER_SITE.id)])
    expect(heard).toEqual([])
    await store.recordSync([newPage({ sid: fp, meta: { fp } })])
    const ofFirst = heard.find(({ callId }) => callId === first.callId)
    expect(ofFirst).toEqual({
      callId: first.callId,
      siteId: SITE.id,
      sessionId: fp,
      endpoint: '/api/call-event/v2',
      action: 'phone',
      target: '+905000000000',
      pageUrl: 'https://s.example/contact',
      occurredAt: first.occurredAt,
      recordedAt: first.recordedAt,
    })
    expect(heard.map(({ callId }) => callId).toSorted()).toEqual(
      [first.callId, second.callId].toSorted(),
    )
    await store.recordSync([newPage({ sid: fp, meta: { fp } })])
    expect(heard).toHaveLength(2)
    expect((await store.recordCall(call)).sessionId).toBe(fp)
  })

  it('lists calls in the order of their arrival, each once, from any call on', async () => {
    const { store } = open()
    const before = await store.latestCall()
    const recorded: RecordedCall[] = []
    for (let n = 0; n < 3; n++)
      recorded.push(await store.recordCall(newCall({ intent_target: '+905000000000' })))
    // PGlite's clock counts milliseconds: calls of one of them are in the order of their ids.
    recorded.sort((a, b) => a.recordedAt - b.recordedAt || (a.callId < b.callId ? -1 : 1))
    const cursor = before ?? { recordedAt: 0, callId: randomUUID() }
    const listed = await store.callsAfter(cursor)
    const own = listed.filter(({ callId }) => recorded.some((call) => call.callId === callId))
    expect(own).toEqual(
      recorded.map((call) =>
        expect.objectContaining({
          callId: call.callId,
          siteId: SITE.id,
          target: '+905000000000',
          occurredAt: call.occurredAt,
          recordedAt: call.recordedAt,
        }),
      ),
    )
    const { callId, recordedAt } = own[0]!
    const rest = await store.callsAfter({ callId, recordedAt })
    expect(rest.map((call) => call.callId)).toEqual(
      listed.slice(listed.indexOf(own[0]!) + 1).map((call) => call.callId),
    )
    expect(await store.latestCall()).toMatchObject({ callId: recorded[2]!.callId })
  })

  it('a press of 31 minutes before the first page event is not matched late', async () => {
    const { store } = open()
    const fp = randomUUID()
    const heard: MatchedCall[] = []
    store.onLateMatch((call) => heard.push(call))
    const call = newCall({ fingerprint: fp, intent_stamp: pressed(31 * MINUTE_MS) })
    await store.recordCall(call)
    await store.recordSync([newPage({ sid: fp, meta: { fp } })])
    expect(heard).toEqual([])
    expect((await store.recordCall(call)).sessionId).toBeNull()
  })

  it('a press of a minute before the first page event is matched, whichever of the two arrives first', async () => {
    const { store } = open()
    const fingerprint = await visit(store)
    const call = newCall({ fingerprint, intent_stamp: pressed(MINUTE_MS) })
    expect((await store.recordCall(call)).sessionId).toBe(fingerprint)
  })
}
