import type { Database } from '../store/database.js'
import { isConverting } from '../store/upkeep/convert.js'
import { CommandError } from './command-error.js'

/** Rows that were removed. */
export interface Erased {
  calls: number
  sessions: number
  page_events: number
}

/**
 * Removes all data about a visitor, in one transaction. The id of each event stays as a tombstone, so that a retry
 * within eight days is not recorded anew (contract section 17). What the database wrote into its own log and backups
 * before is not touched.
 */
const ERASE = `
with visits as (
  delete from public.sessions where site_id = $1 and fingerprint = $2 returning sid
), pages as (
  delete from public.sync_events where site_id = $1 and (fingerprint = $2 or sid in (select sid from visits))
  returning event_id
), calls as (
  delete from public.calls where site_id = $1 and fingerprint = $2 returning id, event_id
), waiting as (
  delete from public.unmatched_calls where site_id = $1 and fingerprint = $2
), queued as (
  delete from public.webhook_deliveries d using public.site_webhooks w
  where w.id = d.webhook_id and w.site_id = $1 and d.fingerprint = $2
), tombstones as (
  insert into public.removed_events (site_id, event_id, source, call_id)
  select $1, event_id, 'calls', id from calls where event_id is not null
  union all
  select $1, event_id, 'sync_events', null from pages where event_id is not null
  on conflict (site_id, event_id, source) do update set removed_at = now()
)
select (select count(*)::int from calls) as calls, (select count(*)::int from visits) as sessions,
  (select count(*)::int from pages) as page_events`

export const eraseVisitor = async (
  database: Database,
  siteId: string,
  fingerprint: string,
): Promise<Erased> => {
  if (await isConverting(database))
    throw new CommandError(
      'Rows of an earlier version are being moved, which takes some minutes; try again when the log says so',
    )
  const [row] = await database.query<Erased>('owner', ERASE, [siteId, fingerprint])
  return row!
}
