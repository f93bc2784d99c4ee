import { randomUUID } from 'node:crypto'
import type { CallEvent } from '@opsmantik/tracker/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Database } from '../store/database.js'
import { NotStorable } from '../store/not-storable.js'
import { createSqlStore } from '../store/sql-store.js'
import type { MatchedCall, Store } from '../store/store.js'
import { withTestSites } from './database.js'
import { newCall } from './new-call.js'
import { newPage } from './new-page.js'
import { OTHER_SITE, SITE } from './sign.js'
import { storeSuite } from './store-suite.js'

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
      { event: { site_id: SITE.publicId, fingerprint: 'v' }, replayKey: 'fe'.repeat(32) },
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
    await store.recordSync([newPage({ sid: fp, meta: { fp } })])
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
    await store.recordSync([newPage({ sid: `long${fp}`, meta: { fp } })])
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
      await store.recordSync([newPage({ event_id }), newPage({ event_id })])
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
    const bad = newPage({ sid: 'never' }, randomUUID())
    const [first, broken, second] = await Promise.allSettled([
      store.recordSync([newPage({ sid: 'n1' }), newPage({ sid: 'n2' })]),
      store.recordSync([newPage({ sid: 'never' }), bad]),
      store.recordSync([newPage({ sid: 'n3' })]),
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
    await store.recordSync([
      newPage({ event_id, sid: 'twice' }),
      newPage({ event_id, sid: 'twice' }),
    ])
    await store.recordSync([newPage({ event_id, sid: 'twice' })])
    expect(await count(`public.sync_events where event_id = '${event_id}'`)).toBe(1)
  })

  it('the first event of a session in a batch gives its row the entry page', async () => {
    const sid = randomUUID()
    await store.recordSync([
      newPage({
        sid,
        u: 'https://s.example/first',
        r: 'https://ads.example/',
        event_id: randomUUID(),
      }),
      newPage({
        sid,
        u: 'https://s.example/second',
        event_id: randomUUID(),
        meta: { fp: 'f', n: 1 },
      }),
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
