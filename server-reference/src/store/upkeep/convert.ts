import type { Database } from '../database.js'
import { forPages } from './pages.js'
import { PARTITIONED } from './partitioned.js'

/** Pages of 8 KiB in one transaction, about 3,000 calls: the embedded database answers no other statement meanwhile. */
const PAGES = 100

/**
 * Moves the rows of a database of an earlier version into the partitions, while the server works
 * (docs/decisions/partitions.md). May be ended at any moment; the next call goes on.
 *
 * @returns rows that were moved
 */
export const convert = async (
  database: Database,
  isEnded: () => boolean = () => false,
): Promise<number> => {
  let moved = 0
  for (const table of PARTITIONED) {
    await forPages(
      database,
      'public',
      `${table}_unconverted`,
      PAGES,
      async (page) => {
        const [row] = await database.query<{ moved: number | null }>(
          'owner',
          `select private.convert_${table}($1, $2)::int as moved`,
          [page, PAGES],
        )
        moved += row!.moved ?? 0
        await new Promise((resolve) => setImmediate(resolve))
      },
      isEnded,
    )
    if (isEnded()) return moved
    await database.query('owner', 'select private.drop_converted($1)', [table])
  }
  return moved
}

/** Returns true while rows of an earlier version wait to be moved. */
export const isConverting = async (database: Database): Promise<boolean> => {
  const [row] = await database.query<{ found: boolean }>(
    'owner',
    `select to_regclass('public.calls_unconverted') is not null
      or to_regclass('public.sync_events_unconverted') is not null as found`,
  )
  return row!.found
}
