import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import type { Store } from '../store/store.js'
import { newCall } from './new-call.js'
import { newPage } from './new-page.js'
import { pressSuite } from './press-suite.js'
import { readingSuite } from './reading-suite.js'
import { OTHER_SITE } from './sign.js'
import { verifySuite } from './verify-suite.js'

/** Tests the behaviour that every store must have. */
export const storeSuite = (
  open: () => { store: Store; countCalls: () => Promise<number> },
): void => {
  verifySuite(open)
  pressSuite(open)
  readingSuite(() => open().store)
  it('24 equal calls at once make one row, and all are told its id', async () => {
    const { store, countCalls } = open()
    const before = await countCalls()
    const one = newCall()
    const results = await Promise.all(
      Array.from({ length: 24 }, () => store.recordCall({ ...one })),
    )
    expect(results.filter((result) => result.inserted)).toHaveLength(1)
    expect(new Set(results.map((result) => result.callId)).size).toBe(1)
    expect(await countCalls()).toBe(before + 1)
  })

  it('calls with the same event_id on two sites are two', async () => {
    const { store } = open()
    const event_id = randomUUID()
    const first = await store.recordCall(newCall({ event_id }))
    const second = await store.recordCall(newCall({ event_id }, { siteId: OTHER_SITE.id }))
    expect([first.inserted, second.inserted]).toEqual([true, true])
  })

  it('the first of two different bodies stands, and its digest is told', async () => {
    const { store } = open()
    const event_id = randomUUID()
    const first = await store.recordCall(newCall({ event_id }))
    const second = await store.recordCall(newCall({ event_id }, { digest: 'bb'.repeat(32) }))
    expect(second).toEqual({ ...first, inserted: false })
    expect(second.digest).toBe('aa'.repeat(32))
  })

  it('a call without event_id is known again by its replay key, and without either it is new each time', async () => {
    const { store } = open()
    const { site_id, fingerprint } = newCall().event
    const anonymous = newCall({}, { event: { site_id, fingerprint }, replayKey: 'cd'.repeat(32) })
    expect((await store.recordCall(anonymous)).inserted).toBe(true)
    expect((await store.recordCall(anonymous)).inserted).toBe(false)
    const keyless = { ...anonymous, replayKey: null }
    expect((await store.recordCall(keyless)).inserted).toBe(true)
    expect((await store.recordCall(keyless)).inserted).toBe(true)
  })

  it('a call is matched to the newest session of its site and visitor', async () => {
    const { store } = open()
    const fp = randomUUID()
    await store.recordSync([newPage({ sid: 'older', meta: { fp } })])
    await new Promise((resolve) => setTimeout(resolve, 5))
    await store.recordSync([newPage({ sid: 'newer', meta: { fp } })])
    await store.recordSync([newPage({ sid: 'other visitor', meta: { fp: 'x' } })])
    await store.recordSync([newPage({ sid: 'other site', meta: { fp } }, OTHER_SITE.id)])
    expect((await store.recordCall(newCall({ fingerprint: fp }))).sessionId).toBe('newer')
    expect((await store.recordCall(newCall({ fingerprint: fp + 'x' }))).sessionId).toBeNull()
  })

  it('a later event of a session without a fingerprint leaves the one it had', async () => {
    const { store } = open()
    const fp = randomUUID()
    const sid = randomUUID()
    await store.recordSync([newPage({ sid, meta: { fp } }), newPage({ sid })])
    await store.recordSync([newPage({ sid })])
    expect((await store.recordCall(newCall({ fingerprint: fp }))).sessionId).toBe(sid)
  })
}
