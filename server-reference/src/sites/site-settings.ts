import type { OriginPolicy } from '../config/origins.js'
import type { Database } from '../store/database.js'
import type { Log } from '../world.js'
import type { Marks } from './marks.js'

/** Contract section 2: a change is effective within this, without a restart. */
const REFRESH_MS = 5_000

const READ = `
select id, origins, own_addresses::text[] as own
from public.sites where origins <> '{}' or own_addresses <> '{}'`

interface Row {
  id: string
  origins: string[]
  own: string[]
}

export interface SiteSettings {
  /** Reads what the sites say. */
  refresh(): Promise<void>
  /** Reads it again every 5 s. */
  start(): void
  close(): void
}

/**
 * Keeps this process's copy of what sites say about themselves: their origins and their own networks. While the
 * database does not answer, what was read last counts.
 */
export const createSiteSettings = (
  database: Database,
  origins: OriginPolicy,
  marks: Marks,
  log: Log,
): SiteSettings => {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isClosed = false
  let isFailing = false

  const refresh = async (): Promise<void> => {
    const rows = await database.query<Row>('service_role', READ)
    const of = (list: (row: Row) => string[]): Map<string, string[]> =>
      new Map(rows.filter((row) => list(row).length > 0).map((row) => [row.id, list(row)]))
    origins.setNamed(of((row) => row.origins))
    marks.setOwn(of((row) => row.own))
    origins.pending = null
  }
  const again = async (): Promise<void> => {
    try {
      await refresh()
      isFailing = false
    } catch (error) {
      if (!isFailing)
        log.warn({ err: error }, 'the sites cannot be read; what they said last counts')
      isFailing = true
    }
    schedule()
  }
  const schedule = (): void => {
    if (isClosed) return
    timer = setTimeout(() => void again(), REFRESH_MS)
    timer.unref?.()
  }
  return {
    refresh,
    start: schedule,
    close: () => {
      isClosed = true
      clearTimeout(timer)
    },
  }
}
