import { randomUUID } from 'node:crypto'
import type { CallEvent, SyncEvent } from '@opsmantik/tracker/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Database } from '../store/database.js'
import { NotStorable } from '../store/not-storable.js'
import { createSqlStore } from '../store/sql-store.js'
import type { NewCall, NewSync, Store } from '../store/store.js'
import { withTestSites } from './database.js'
import { OTHER_SITE, SITE, signed } from './sign.js'

const claim = (body = '{}', options: Parameters<typeof signed>[1] = {}) => {
  const headers = signed(body, options)
  return {
    site: headers['X-Ops-Site-Id']!,
    ts: headers['X-Ops-Ts']!,
    signature: headers['X-Ops-Signature']!,
    body,
  }
}
const newCall = (fields: Partial<CallEvent> = {}, rest: Partial<NewCall> = {}): NewCall => ({
  siteId: SITE.id,
  endpoint: '/api/call-event/v2',
  event: { site_id: SITE.publicId, fingerprint: 'v', event_id: randomUUID(), ...fields },
  replayKey: null,
  digest: 'aa'.repeat(32),
  ...rest,
})
const page = (fields: Partial<SyncEvent> = {}, siteId = SITE.id): NewSync => ({
  siteId,
  event: {
    s: 'x',
    u: 'https://s.example/',
    sid: 's',
    sm: '2025-11-01',
    ec: 'p',
    ea: 'v',
    ...fields,
  },
})

/** What every store has to do. */
export const storeSuite = (
  open: () => { store: Store; countCalls: () => Promise<number> },
): void => {
  const inTime = (): string => String(Math.floor(Date.now() / 1000))

  it('a right signature gives the site, by UUID with or without dashes and by public id, in either case', async () => {
    const { store } = open()
    for (const site of [
      SITE.publicId,
      SITE.id,
      SITE.id.replaceAll('-', ''),
      SITE.id.toUpperCase(),
      SITE.publicId.toUpperCase(),
    ])
      expect(await store.verify(claim('{}', { site }))).toBe(SITE.id)
  })

  it('a signature of one wrong digit, another body, another secret or another site gives null', async () => {
    const { store } = open()
    const good = claim('{"a":1}')
    const last = good.signature.endsWith('0') ? '1' : '0'
    expect(
      await store.verify({ ...good, signature: good.signature.slice(0, 63) + last }),
    ).toBeNull()
    expect(await store.verify({ ...good, body: '{"a":2}' })).toBeNull()
    expect(await store.verify(claim('{}', { secret: OTHER_SITE.secret }))).toBeNull()
    expect(await store.verify({ ...good, site: OTHER_SITE.id })).toBeNull()
    expect(await store.verify({ ...good, site: 'f'.repeat(32) })).toBeNull()
  })

  it('a signature in upper case holds', async () => {
    const good = claim()
    expect(await open().store.verify({ ...good, signature: good.signature.toUpperCase() })).toBe(
      SITE.id,
    )
  })

  it('a timestamp with leading zeros is verified as it was sent', async () => {
    const { store } = open()
    const padded = claim('{}', { ts: '0' + inTime() })
    expect(await store.verify(padded)).toBe(SITE.id)
    expect(await store.verify({ ...padded, ts: inTime() })).toBeNull()
  })

  it('the time window is enforced again: 300 s back, 60 s ahead', async () => {
    const { store } = open()
    const at = (offset: number): string => String(Math.floor(Date.now() / 1000) + offset)
    expect(await store.verify(claim('{}', { ts: at(-298) }))).toBe(SITE.id)
    expect(await store.verify(claim('{}', { ts: at(58) }))).toBe(SITE.id)
    expect(await store.verify(claim('{}', { ts: at(-301) }))).toBeNull()
    expect(await store.verify(claim('{}', { ts: at(63) }))).toBeNull()
  })

  it('bodies with escapes, Unicode and a byte order mark are signed as they are', async () => {
    const { store } = open()
    for (const body of [
      '{"a":"\\u0131\\\\x41\\/"}',
      'çağrı ☎️ 電話 😀',
      '\uFEFF{}',
      '',
      'a\'b"c,{}',
    ])
      expect(await store.verify(claim(body))).toBe(SITE.id)
  })

  it('resolves an identifier or says null', async () => {
    const { store } = open()
    expect(await store.resolve(SITE.publicId.toUpperCase())).toBe(SITE.id)
    expect(await store.resolve(OTHER_SITE.id.replaceAll('-', ''))).toBe(OTHER_SITE.id)
    for (const unknown of ['', 'x', 'f'.repeat(32), `{${SITE.id}}`, `${SITE.id} `, "'; drop"])
      expect(await store.resolve(unknown)).toBeNull()
  })

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
    await store.recordSync([page({ sid: 'older', meta: { fp } })])
    await new Promise((resolve) => setTimeout(resolve, 5))
    await store.recordSync([page({ sid: 'newer', meta: { fp } })])
    await store.recordSync([page({ sid: 'other visitor', meta: { fp: 'x' } })])
    await store.recordSync([page({ sid: 'other site', meta: { fp } }, OTHER_SITE.id)])
    expect((await store.recordCall(newCall({ fingerprint: fp }))).sessionId).toBe('newer')
    expect((await store.recordCall(newCall({ fingerprint: fp + 'x' }))).sessionId).toBeNull()
  })

  it('a later event of a session without a fingerprint leaves the one it had', async () => {
    const { store } = open()
    const fp = randomUUID()
    const sid = randomUUID()
    await store.recordSync([page({ sid, meta: { fp } }), page({ sid })])
    await store.recordSync([page({ sid })])
    expect((await store.recordCall(newCall({ fingerprint: fp }))).sessionId).toBe(sid)
  })
}

/** What every store on a database has to do. `open` gives one with its tables and without rows. */
export const databaseStoreSuite = (open: () => Promise<Database>): void => {
  let database: Database
  let store: Store

  beforeAll(async () => {
    database = (await withTestSites(await open())).database
    store = createSqlStore(database)
  }, 60_000)
  afterAll(() => store.close())

  const count = async (table: string): Promise<number> => {
    const [row] = await database.query<{ n: number }>(
      'owner',
      `select count(*)::int n from ${table}`,
    )
    return row!.n
  }
  storeSuite(() => ({ store, countCalls: () => count('public.calls') }))

  it('every field of a call comes back as it was sent', async () => {
    const event: CallEvent = {
      site_id: SITE.publicId,
      fingerprint: 'v"{},\\ NULL',
      event_id: randomUUID(),
      intent_action: 'whatsapp',
      intent_target: 'whatsapp:+905000000000',
      intent_stamp: '1700000000000-ab12-wa-abc123',
      intent_page_url: 'https://s.example/?a=1&b=çğ',
      phone_number: null,
      action: '',
      url: 'null',
      ua: '{NULL}',
      click_id: '1',
      gclid: 'g',
      wbraid: 'w',
      gbraid: '😀',
      value: '12.50',
    }
    const { callId } = await store.recordCall(newCall(event))
    const { site_id: _site, ...expected } = event
    const [row] = await database.query('owner', 'select * from public.calls where id = $1', [
      callId,
    ])
    expect(row).toMatchObject({ ...expected, site_id: SITE.id, endpoint: '/api/call-event/v2' })
  })

  it('a session that was seen 31 minutes ago no longer matches', async () => {
    const fp = randomUUID()
    await store.recordSync([page({ sid: fp, meta: { fp } })])
    await database.query(
      'owner',
      "update public.sessions set last_seen_at = now() - interval '31 minutes' where sid = $1",
      [fp],
    )
    expect((await store.recordCall(newCall({ fingerprint: fp }))).sessionId).toBeNull()
  })

  it('a batch of page events is recorded whole or not at all, and its neighbours are recorded', async () => {
    const before = await count('public.sync_events')
    const bad = page({ sid: 'never' }, randomUUID())
    const [first, broken, second] = await Promise.allSettled([
      store.recordSync([page({ sid: 'n1' }), page({ sid: 'n2' })]),
      store.recordSync([page({ sid: 'never' }), bad]),
      store.recordSync([page({ sid: 'n3' })]),
    ])
    expect([first.status, broken.status, second.status]).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
    expect(await count('public.sync_events')).toBe(before + 3)
    expect(await count("public.sessions where sid = 'never'")).toBe(0)
  })

  it('one call that the database refuses does not take its batch with it', async () => {
    const results = await Promise.allSettled([
      ...Array.from({ length: 5 }, () => store.recordCall(newCall())),
      store.recordCall(newCall({ intent_target: 'a\0b' })),
      ...Array.from({ length: 5 }, () => store.recordCall(newCall())),
    ])
    const refused = results.filter((result) => result.status === 'rejected')
    expect(refused).toHaveLength(1)
    expect(refused[0]!.reason).toBeInstanceOf(NotStorable)
  })

  it('a page event that comes twice, in one batch or later, is one row', async () => {
    const event_id = randomUUID()
    await store.recordSync([page({ event_id, sid: 'twice' }), page({ event_id, sid: 'twice' })])
    await store.recordSync([page({ event_id, sid: 'twice' })])
    expect(await count(`public.sync_events where event_id = '${event_id}'`)).toBe(1)
  })

  it('the first event of a session in a batch gives its row the entry page', async () => {
    const sid = randomUUID()
    await store.recordSync([
      page({
        sid,
        u: 'https://s.example/first',
        r: 'https://ads.example/',
        event_id: randomUUID(),
      }),
      page({ sid, u: 'https://s.example/second', event_id: randomUUID(), meta: { fp: 'f', n: 1 } }),
    ])
    const [row] = await database.query('owner', 'select * from public.sessions where sid = $1', [
      sid,
    ])
    expect(row).toMatchObject({
      entry_url: 'https://s.example/first',
      referrer: 'https://ads.example/',
      fingerprint: 'f',
    })
  })
}
