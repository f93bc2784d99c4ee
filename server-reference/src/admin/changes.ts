import type { Database } from '../store/database.js'

/** A change as `site log` lists it. */
export interface LoggedChange {
  /** ISO 8601, UTC. */
  at: string
  who: string
  change: string
  site_id: string | null
  detail: string | null
}

/** Writes down who changed what. Never a secret, a token or anything about a visitor. */
export const logChange = async (
  database: Database,
  who: string,
  change: string,
  siteId: string | null,
  detail: string | null = null,
): Promise<void> => {
  await database.query(
    'owner',
    'insert into private.changes (who, change, site_id, detail) values ($1, $2, $3, $4)',
    [who, change, siteId, detail],
  )
}

/** Returns the newest changes, newest first. */
export const listChanges = (database: Database, siteId: string | null): Promise<LoggedChange[]> =>
  database.query<LoggedChange>(
    'owner',
    `select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at, who, change, site_id, detail
    from private.changes where $1::uuid is null or site_id = $1 order by id desc limit 200`,
    [siteId],
  )
