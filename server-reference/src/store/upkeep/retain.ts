import type { Database } from '../database.js'
import { isConverting } from './convert.js'
import { forPages } from './pages.js'
import { SIGHTINGS_DAYS } from '../sighting.js'
import { PARTITIONED } from './partitioned.js'

/** Pages of 8 KiB in one transaction. */
const PAGES = 500
/** Days that tombstones and the keys of calls without an id are kept: a client keeps an event for seven. */
const TOMBSTONE_DAYS = 8

/**
 * Removes calls, page events, sessions and undelivered webhooks that arrived more than `days` ago, and leaves the ids of events as tombstones.
 * Each statement is a transaction, and it may be ended between any two: the next call begins again
 * (docs/decisions/partitions.md).
 */
export const retain = async (
  database: Database,
  days: number,
  isEnded: () => boolean = () => false,
): Promise<void> => {
  // Rows that were not moved yet arrive in the partitions with their old time.
  if (await isConverting(database)) return
  const run = (sql: string, params: readonly unknown[]) => database.query('owner', sql, params)
  const [row] = await database.query<{ cutoff: string }>(
    'owner',
    'select (now() - make_interval(days => $1))::text as cutoff',
    [days],
  )
  const { cutoff } = row!

  const inPages = (
    schema: 'public' | 'private',
    table: string,
    each: (page: number) => Promise<unknown>,
  ): Promise<void> =>
    forPages(database, schema, table, PAGES, async (page) => void (await each(page)), isEnded)
  const bury = (table: string, partition: string): Promise<void> =>
    inPages('private', partition, (page) =>
      run('select private.bury_pages($1, $2, $3, $4, $5)', [table, partition, page, PAGES, cutoff]),
    )
  const remove = (schema: 'public' | 'private', table: string, column: string): Promise<void> =>
    inPages(schema, table, (page) =>
      run('select private.remove_pages($1, $2, $3, $4, $5, $6)', [
        schema,
        table,
        column,
        page,
        PAGES,
        cutoff,
      ]),
    )

  for (const table of PARTITIONED) {
    const months = await database.query<{ month: string; name: string }>(
      'owner',
      `select m.month::text as month, to_char(m.month, 'YYYY_MM') as name
      from private.months($1) as m (month)
      where m.month + interval '1 month' <= $2::timestamptz at time zone 'UTC' order by m.month`,
      [table, cutoff],
    )
    for (const { month, name } of months) {
      await bury(table, `${table}_7_${name}`)
      if (isEnded()) return
      await run('select private.drop_month($1, $2, $3)', [table, month, cutoff])
    }
    for (const partition of [`${table}_0`, `${table}_7_before`]) {
      await bury(table, partition)
      if (isEnded()) return
      await remove('private', partition, 'created_at')
    }
  }
  await remove('public', 'sessions', 'last_seen_at')
  await remove('public', 'webhook_deliveries', 'created_at')
}

/** Removes what has served its time: tombstones, keys of calls without an id, calls that waited for a session, sightings. */
export const forget = async (database: Database): Promise<void> => {
  for (const [table, column] of [
    ['removed_events', 'removed_at'],
    ['call_keys', 'created_at'],
  ] as const)
    await database.query(
      'owner',
      `delete from public.${table} where ${column} < now() - make_interval(days => $1)`,
      [TOMBSTONE_DAYS],
    )
  await database.query(
    'owner',
    "delete from public.unmatched_calls where occurred_at < now() - interval '31 minutes'",
  )
  await database.query(
    'owner',
    'delete from public.site_sightings where last_at < now() - make_interval(days => $1)',
    [SIGHTINGS_DAYS],
  )
}
