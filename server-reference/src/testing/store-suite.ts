import { randomUUID } from 'node:crypto'
import type { CallEvent, SyncEvent } from '@opsmantik/tracker/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Database } from '../store/database.js'
import { NotStorable } from '../store/not-storable.js'
import { createSqlStore } from '../store/sql-store.js'
import type { MatchedCall, NewCall, NewSync, RecordedCall, Store } from '../store/store.js'
import { withTestSites } from './database.js'
import { readingSuite } from './reading-suite.js'
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

const randomKey = (): string => randomUUID().replaceAll('-', '').repeat(2)

/** Tests the behaviour that every store must have. */
export const storeSuite = (
  open: () => { store: Store; countCalls: () => Promise<number> },
): void => {
  pressSuite(open)
  readingSuite(() => open().store)
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

  it('the verifier’s time window is 30 s wider than the API’s at both ends, whose clock decides', async () => {
    const { store } = open()
    const at = (offset: number): string => String(Math.floor(Date.now() / 1000) + offset)
    for (const offset of [-320, -301, 61, 90])
      expect(await store.verify(claim('{}', { ts: at(offset) })), `${offset} s`).toBe(SITE.id)
    for (const offset of [-331, 100])
      expect(await store.verify(claim('{}', { ts: at(offset) })), `${offset} s`).toBeNull()
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

/** Tests how every store must treat the time of a press and the session it belongs to (contract sections 6 and 7). */
const pressSuite = (open: () => { store: Store; countCalls: () => Promise<number> }): void => {
  const MINUTE_MS = 60_000
  const DAY_MS = 24 * 60 * MINUTE_MS
  const pressed = (ago: number): string => `${Date.now() - ago}-ab12-tel-abc123`
  /** Records a session of a new visitor, seen just now. */
  const visit = async (store: Store): Promise<string> => {
    const fp = randomUUID()
    await store.recordSync([page({ sid: fp, meta: { fp } })])
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
      { event: { site_id: SITE.publicId, fingerprint: fp }, replayKey: randomKey() },
    )
    const first = await store.recordCall(call)
    const second = await store.recordCall(without)
    expect([first.sessionId, second.sessionId]).toEqual([null, null])
    await store.recordSync([page({ sid: 'another visitor', meta: { fp: randomUUID() } })])
    await store.recordSync([page({ sid: fp, meta: { fp } }, OTHER_SITE.id)])
    expect(heard).toEqual([])
    await store.recordSync([page({ sid: fp, meta: { fp } })])
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
    await store.recordSync([page({ sid: fp, meta: { fp } })])
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
    await store.recordSync([page({ sid: fp, meta: { fp } })])
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

/** Tests the behaviour that every store on a database must have. `open` returns one with its tables and without rows. */
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

  it('a mark is stored with its call', async () => {
    for (const marked of ['bot', 'own', null] as const) {
      const { callId } = await store.recordCall(newCall({}, { marked }))
      const [row] = await database.query('owner', 'select marked from public.calls where id = $1', [
        callId,
      ])
      expect(row).toEqual({ marked })
    }
  })

  it('a call of a site with a webhook is queued in its own transaction, once, and no other call is', async () => {
    const queued = async (): Promise<Record<string, unknown>[]> => {
      const rows = await database.query<{ payload: string }>(
        'owner',
        'select payload from public.webhook_deliveries order by created_at',
      )
      return rows.map(({ payload }) => JSON.parse(payload) as Record<string, unknown>)
    }
    await store.recordCall(newCall())
    expect(await queued()).toEqual([])
    await database.query(
      'owner',
      'insert into public.site_webhooks (site_id, url, secret) values ($1, $2, $3)',
      [SITE.id, 'https://receiver.example/', 'whsec_x'],
    )
    const call = newCall({
      fingerprint: randomUUID(),
      intent_action: 'phone',
      intent_target: '+90',
      value: '12.5',
    })
    const { callId, occurredAt } = await store.recordCall(call)
    await store.recordCall(call)
    await store.recordCall(newCall({}, { siteId: OTHER_SITE.id }))
    await store.recordCall(newCall({}, { marked: 'bot' }))
    const without = newCall(
      {},
      { event: { site_id: SITE.publicId, fingerprint: 'v' }, replayKey: randomKey() },
    )
    const second = await store.recordCall(without)
    await store.recordCall(without)
    const [first, ...others] = await queued()
    await database.query('owner', 'delete from public.site_webhooks')
    expect(first).toEqual({
      type: 'call.recorded',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      data: expect.objectContaining({
        call_id: callId,
        site_id: SITE.id,
        occurred_at: new Date(occurredAt).toISOString(),
        status: 'unmatched',
        action: 'phone',
        target: '+90',
        value: 12.5,
      }),
    })
    expect(others.map(({ data }) => (data as { call_id: string }).call_id)).toEqual([second.callId])
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

  it('a press is matched to the session that was seen before it, not to a newer one', async () => {
    const fp = randomUUID()
    const ago = (minutes: number): string => `now() - interval '${minutes} minutes'`
    // Seen 100 and 80 minutes ago, and again now; the other one 70 and 60 minutes ago.
    for (const [sid, first, second] of [
      ['long', 100, 80],
      ['short', 70, 60],
    ] as const)
      await database.query(
        'owner',
        `insert into public.sessions (site_id, sid, month, fingerprint, first_seen_at, last_seen_at, seen)
        values ($1, $2, '2025-11-01', $3, ${ago(first)}, ${ago(second)},
          tstzmultirange(tstzrange(${ago(first)}, ${ago(first - 30)}), tstzrange(${ago(second)}, ${ago(second - 30)})))`,
        [SITE.id, sid + fp, fp],
      )
    await store.recordSync([page({ sid: `long${fp}`, meta: { fp } })])
    const sessionOf = async (minutes: number): Promise<string | null> => {
      const stamp = `${Date.now() - minutes * 60_000}-ab12-tel-abc123`
      return (await store.recordCall(newCall({ fingerprint: fp, intent_stamp: stamp }))).sessionId
    }
    expect(await sessionOf(140)).toBeNull()
    expect(await sessionOf(110)).toBe(`long${fp}`)
    expect(await sessionOf(90)).toBe(`long${fp}`)
    expect(await sessionOf(65)).toBe(`short${fp}`)
    expect(await sessionOf(40)).toBe(`short${fp}`)
    expect(await sessionOf(25)).toBeNull()
    expect(await sessionOf(0)).toBe(`long${fp}`)
  })

  it('a session of an earlier version, which has no times but its first and last, is matched by these', async () => {
    const fp = randomUUID()
    await database.query(
      'owner',
      `insert into public.sessions (site_id, sid, month, fingerprint, first_seen_at, last_seen_at)
      values ($1, $2, '2025-11-01', $2, now() - interval '3 hours', now() - interval '20 minutes')`,
      [SITE.id, fp],
    )
    expect((await store.recordCall(newCall({ fingerprint: fp }))).sessionId).toBe(fp)
  })

  it('ids of every version and of clocks that are wrong by years are recorded once', async () => {
    const ids = [
      '00000000-0000-7000-8000-000000000000',
      'ffffffff-ffff-7fff-bfff-ffffffffffff',
      '01000000-0000-7000-8000-000000000001',
      '0fffffff-0000-7000-8000-000000000001',
      '00000000-0000-0000-0000-000000000000',
      'ffffffff-ffff-ffff-ffff-ffffffffffff',
      'a6e4c1f0-0000-1000-8000-000000000001',
      'a6e4c1f0-0000-4000-8000-000000000001',
      'A6E4C1F0-0000-5000-8000-000000000001',
      'a6e4c1f0-0000-6000-8000-000000000001',
      'a6e4c1f0-0000-8000-8000-000000000001',
      'a6e4c1f0-0000-7000-c000-000000000001',
    ]
    const before = await count('public.calls')
    for (const event_id of ids) {
      const first = await store.recordCall(newCall({ event_id }))
      expect(first.inserted, event_id).toBe(true)
      expect(await store.recordCall(newCall({ event_id })), event_id).toEqual({
        ...first,
        inserted: false,
      })
      await store.recordSync([page({ event_id }), page({ event_id })])
      expect(await count(`public.sync_events where event_id = '${event_id}'`)).toBe(1)
    }
    expect(await count('public.calls')).toBe(before + ids.length)
  })

  it('an insert of a server of an earlier version fails as a fault of the server, not of the row', async () => {
    for (const sql of [
      `insert into public.calls (id, site_id, event_id, endpoint, content_digest, fingerprint)
      values (gen_random_uuid(), '${SITE.id}', gen_random_uuid(), '/', '', 'f') on conflict do nothing`,
      `insert into public.sync_events (id, site_id, sid, month, category, action, page_url)
      values (gen_random_uuid(), '${SITE.id}', 's', '2025-11-01', 'c', 'a', 'u') on conflict do nothing`,
    ])
      await expect(database.query('service_role', sql)).rejects.toMatchObject({ code: '55000' })
  })

  it('a call whose session was written at the same moment is matched a little later', async () => {
    const fp = randomUUID()
    const { callId } = await store.recordCall(newCall({ fingerprint: fp }))
    const heard = new Promise<MatchedCall>((resolve) => store.onLateMatch(resolve))
    // As if neither transaction had seen the other.
    await database.query(
      'owner',
      `insert into public.sessions (site_id, sid, month, fingerprint) values ($1, $2, '2025-11-01', $2)`,
      [SITE.id, fp],
    )
    expect(await heard).toMatchObject({ callId, sessionId: fp })
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
