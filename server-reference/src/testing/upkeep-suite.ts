import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PACKAGE_ROOT } from '../package-root.js'
import type { Database } from '../store/database.js'
import { migrate } from '../store/migrate.js'
import { createSqlStore, type SqlStore } from '../store/sql-store.js'
import type { NewCall, NewSync } from '../store/store.js'
import { convert, isConverting } from '../store/upkeep/convert.js'
import { createMonths } from '../store/upkeep/create-months.js'
import { forget, retain } from '../store/upkeep/retain.js'
import { withTestSites } from './database.js'
import { eventIdAt } from './event-id.js'
import { SITE } from './sign.js'

const DAY_MS = 86_400_000

export const newCall = (event_id?: string, replayKey: string | null = null): NewCall => ({
  siteId: SITE.id,
  endpoint: '/api/call-event/v2',
  event: { site_id: SITE.publicId, fingerprint: 'v', ...(event_id && { event_id }) },
  replayKey,
  digest: 'aa'.repeat(32),
})
const page = (event_id: string, sid: string): NewSync => ({
  siteId: SITE.id,
  event: { s: 'x', u: 'https://s.example/', sid, sm: '2025-11-01', ec: 'p', ea: 'v', event_id },
})

/** Puts the tables of the earlier version in the place of today's, as if the migration had not run yet. */
export const installEarlierTables = async (database: Database): Promise<void> => {
  const earlier = new URL('src/testing/earlier-events.sql', PACKAGE_ROOT)
  await database.script(`
    drop table public.calls, public.sync_events, public.sessions cascade;
    delete from private.migrations where name >= '0003';`)
  await database.script(await readFile(earlier, 'utf8'))
}

/** A process that is killed at its n-th statement, for n = 1, 2, ... until one gets to the end. */
const killedAgainAndAgain = async (
  database: Database,
  run: (database: Database) => Promise<unknown>,
  between: () => Promise<void> = async () => {},
): Promise<number> => {
  for (let allowed = 0; ; allowed++) {
    let left = allowed
    const mortal: Database = {
      ...database,
      query: (...args) => {
        if (left-- === 0) throw new Error('killed')
        return database.query(...args)
      },
    }
    try {
      await run(mortal)
      return allowed
    } catch (error) {
      if (!(error instanceof Error) || error.message !== 'killed') throw error
    }
    await between()
  }
}

/** Tests the guarantees of upkeep on any database. `open` returns one with its tables and without rows. */
export const upkeepSuite = (open: () => Promise<Database>): void => {
  let database: Database
  let store: SqlStore

  beforeAll(async () => {
    database = (await withTestSites(await open())).database
    store = createSqlStore(database)
  }, 120_000)
  afterAll(() => store.close())

  const column = async (sql: string, params: unknown[] = []): Promise<unknown[]> =>
    (await database.query<{ value: unknown }>('owner', sql, params)).map(({ value }) => value)
  const partitionOf = async (table: string, eventId: string): Promise<unknown> =>
    (
      await column(
        `select tableoid::regclass::text as value from public.${table} where event_id = $1`,
        [eventId],
      )
    )[0]
  const callIds = (): Promise<unknown[]> =>
    column('select event_id as value from public.calls where event_id is not null order by 1')
  const nameOf = (months: number): Promise<unknown[]> =>
    column(
      "select to_char(date_trunc('month', now() at time zone 'UTC') + make_interval(months => $1), 'YYYY_MM') as value",
      [months],
    )

  it('this month and the two after it are there, and creating them again does nothing', async () => {
    for (const ahead of [0, 1, 2]) {
      const [name] = await nameOf(ahead)
      expect(
        await column(`select to_regclass('private.calls_7_${String(name)}') is not null as value`),
      ).toEqual([true])
    }
    expect(await createMonths(database)).toBe(0)
  })

  it('ids lie in the partition of their version and month; those of a clock that is years wrong are moved once their month is created', async () => {
    const [thisMonth] = await nameOf(0)
    const [fourth] = await nameOf(4)
    const [start] = await column(
      "select extract(epoch from date_trunc('month', now() at time zone 'UTC') + interval '4 months')::float8 * 1000 as value",
    )
    const ids = {
      other: randomUUID(),
      now: eventIdAt(Date.now()),
      wrong: eventIdAt(Date.UTC(2011, 0)),
      future: eventIdAt(Date.UTC(2071, 0)),
      soon: eventIdAt(Number(start) + 5 * DAY_MS),
    }
    for (const id of Object.values(ids)) {
      await store.recordCall(newCall(id))
      await store.recordSync([page(id, 's')])
    }
    const where = async (table: string) =>
      Object.fromEntries(
        await Promise.all(
          Object.entries(ids).map(async ([name, id]) => [name, await partitionOf(table, id)]),
        ),
      )
    for (const table of ['calls', 'sync_events']) {
      const before = {
        other: `private.${table}_0`,
        now: `private.${table}_7_${String(thisMonth)}`,
        wrong: `private.${table}_7_before`,
        future: `private.${table}_7_ahead`,
        soon: `private.${table}_7_ahead`,
      }
      expect(await where(table)).toEqual(before)
      expect(await column('select private.create_months($1, 5) as value', [table])).toEqual([3])
      expect(await where(table)).toEqual({
        ...before,
        soon: `private.${table}_7_${String(fourth)}`,
      })
    }
    for (const id of Object.values(ids))
      expect((await store.recordCall(newCall(id))).inserted).toBe(false)
  })

  it('retention removes what arrived before it, keeps what arrived late with an old id, and a retry is still known', async () => {
    // A month that ended 60 days ago or more, as if the server had run then.
    const [month] = await column(
      "select (date_trunc('month', now() at time zone 'UTC') - interval '4 months')::date::text as value",
    )
    for (const table of ['calls', 'sync_events'])
      await database.script(`
        create table private.kept as table private.${table}_7_before;
        drop table private.${table}_7_before;
        do $$
        declare
          v_month date := '${String(month)}';
          v_first date := (select min(m.month) from private.months('${table}') as m (month));
        begin
          execute format('create table private.${table}_7_before partition of private.${table}_7 for values from (minvalue) to (%L)',
            private.month_floor(v_month));
          while v_month < v_first loop
            execute format('create table private.%I partition of private.${table}_7 for values from (%L) to (%L)',
              '${table}_7_' || to_char(v_month, 'YYYY_MM'), private.month_floor(v_month),
              private.month_floor((v_month + interval '1 month')::date));
            v_month := v_month + interval '1 month';
          end loop;
        end $$;
        insert into public.${table} select * from private.kept;
        drop table private.kept;`)
    const then = Date.parse(`${String(month)}T12:00:00Z`)
    const ids = {
      old: eventIdAt(then),
      oldButLate: eventIdAt(then + 1),
      older: eventIdAt(then - 300 * DAY_MS),
      olderButLate: eventIdAt(then - 300 * DAY_MS),
      other: randomUUID(),
      otherButNew: randomUUID(),
      now: eventIdAt(Date.now()),
    }
    const first = new Map<string, string>()
    for (const id of Object.values(ids)) {
      first.set(id, (await store.recordCall(newCall(id))).callId)
      await store.recordSync([page(id, id)])
    }
    const gone = [ids.old, ids.older, ids.other]
    for (const table of ['calls', 'sync_events'])
      await database.query(
        'owner',
        `update public.${table} set created_at = now() - interval '100 days' where event_id = any ($1)`,
        [gone],
      )
    await database.query(
      'owner',
      "update public.sessions set last_seen_at = now() - interval '100 days' where sid = any ($1)",
      [gone],
    )
    const partition = `private.calls_7_${String(month).slice(0, 7).replace('-', '_')}`
    expect(await partitionOf('calls', ids.oldButLate)).toBe(partition)
    const before = await callIds()

    const statements = await killedAgainAndAgain(database, (mortal) => retain(mortal, 30))
    expect(statements).toBeGreaterThan(10)

    expect(await callIds()).toEqual(before.filter((id) => !gone.includes(String(id))))
    expect(await column('select to_regclass($1) is null as value', [partition])).toEqual([true])
    expect(await partitionOf('calls', ids.oldButLate)).toBe('private.calls_7_before')
    const left = [ids.oldButLate, ids.olderButLate, ids.otherButNew, ids.now]
    for (const sql of [
      'select event_id as value from public.sync_events where event_id = any ($1)',
      'select sid as value from public.sessions where sid = any ($1)',
    ])
      expect((await column(sql, [Object.values(ids)])).toSorted()).toEqual(left.toSorted())
    for (const id of Object.values(ids)) {
      expect(await store.recordCall(newCall(id))).toMatchObject({
        inserted: false,
        callId: first.get(id),
      })
      await store.recordSync([page(id, id)])
    }
    expect(await callIds()).toEqual(before.filter((id) => !gone.includes(String(id))))
    expect(
      await column('select event_id as value from public.sync_events where event_id = any ($1)', [
        gone,
      ]),
    ).toEqual([])

    // Tombstones are kept for eight days.
    await database.query(
      'owner',
      "update public.removed_events set removed_at = now() - interval '7 days'",
    )
    await forget(database)
    expect((await store.recordCall(newCall(ids.old))).inserted).toBe(false)
    await database.query(
      'owner',
      "update public.removed_events set removed_at = now() - interval '9 days'",
    )
    await forget(database)
    expect((await store.recordCall(newCall(ids.old))).inserted).toBe(true)
  })

  it('a month is not dropped before it has ended, and not with a shorter retention than eight days', async () => {
    const [name] = await column(
      "select min(m.month)::text as value from private.months('calls') as m (month)",
    )
    await expect(
      database.query('owner', "select private.drop_month('calls', $1, now() - interval '7 days')", [
        name,
      ]),
    ).rejects.toThrow('not to be dropped')
  })

  it('the rows of an earlier version move into the partitions, killed between any two statements, and no event is lost or new', async () => {
    await installEarlierTables(database)
    const rows = 600
    await database.query(
      'owner',
      `insert into public.calls (id, site_id, event_id, replay_key, content_digest, endpoint, fingerprint, intent_stamp, created_at)
      select gen_random_uuid(), $1, case when n % 3 < 2 then ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid end,
        case when n % 3 = 2 then sha256(n::text::bytea) end, '\\xaa', '/api/call-event', 'v',
        case when n % 2 = 0 then (extract(epoch from now() - interval '2 days') * 1000)::bigint || '-ab12-tel-abc123' end,
        now() - interval '1 day'
      from generate_series(1, $2::int) as n`,
      [SITE.id, rows],
    )
    await database.query(
      'owner',
      `insert into public.sync_events (site_id, event_id, sid, month, category, action, page_url)
      select $1, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 's', '2025-11-01', 'c', 'a', 'u'
      from generate_series(1, $2::int) as n`,
      [SITE.id, rows],
    )
    const [keyless] = await database.query<{ key: string; id: string }>(
      'owner',
      "select encode(replay_key, 'hex') as key, id from public.calls where replay_key is not null limit 1",
    )
    const earlier = '00000000-0000-4000-8000-000000000001'
    const [earlierId] = await column('select id as value from public.calls where event_id = $1', [
      earlier,
    ])
    await migrate(database)
    expect(await isConverting(database)).toBe(true)

    const fresh: string[] = []
    const meanwhile = async (): Promise<void> => {
      for (const [call, id] of [
        [newCall(earlier), earlierId],
        [newCall(undefined, keyless!.key), keyless!.id],
      ] as const)
        expect(await store.recordCall(call)).toMatchObject({ inserted: false, callId: id })
      await store.recordSync([page('00000000-0000-7000-8000-000000000001', 's')])
      const id = eventIdAt(Date.now())
      expect((await store.recordCall(newCall(id))).inserted).toBe(true)
      await store.recordSync([page(id, 's')])
      fresh.push(id)
    }
    await meanwhile()
    await killedAgainAndAgain(database, (mortal) => convert(mortal), meanwhile)
    await meanwhile()

    expect(await isConverting(database)).toBe(false)
    for (const table of ['calls', 'sync_events'])
      expect(await column(`select count(*)::int as value from public.${table}`)).toEqual([
        rows + fresh.length,
      ])
    expect(
      await column(
        `select count(distinct (id, event_id))::int as value from public.calls
        where occurred_at = created_at and intent_stamp is null
          or occurred_at < created_at - interval '23 hours' and intent_stamp is not null`,
      ),
    ).toEqual([rows + fresh.length])
  })
}
