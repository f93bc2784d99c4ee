import { randomUUID } from 'node:crypto'
import type { SyncEvent } from '@opsmantik/tracker/contract'
import type { Database } from './database.js'
import type { NewSync } from './store.js'

/** Columns of public.sync_events, their types, and where their values come from. */
const COLUMNS: readonly (readonly [string, string, (event: SyncEvent) => unknown])[] = [
  ['event_id', 'uuid', (event) => event.event_id],
  ['sid', 'text', (event) => event.sid],
  ['month', 'date', (event) => event.sm],
  ['category', 'text', (event) => event.ec],
  ['action', 'text', (event) => event.ea],
  ['label', 'text', (event) => event.el],
  ['value', 'numeric', (event) => event.ev],
  ['page_url', 'text', (event) => event.u],
  ['referrer', 'text', (event) => event.r],
  ['fingerprint', 'text', (event) => event.meta?.fp],
  ['meta', 'jsonb', (event) => event.meta],
]

const names = COLUMNS.map(([name]) => name).join(', ')
const typed = COLUMNS.map(([name, type]) => `${name} ${type}`).join(', ')

/**
 * Events and their sessions in one statement, all or nothing. Only events that are new touch a session: a retry that
 * comes an hour later has not been on the page. Rows go in order of their key, so that two servers cannot wait for
 * each other.
 */
const INSERT = `
with sent as (
  select * from rows from (
    json_to_recordset($1::json) as (id uuid, site_id uuid, ${typed})
  ) with ordinality as sent (id, site_id, ${names}, ord)
), inserted as (
  insert into public.sync_events (id, site_id, ${names})
  select id, site_id, ${names} from sent
  order by site_id, event_id
  on conflict do nothing
  returning id
)
insert into public.sessions (site_id, sid, month, fingerprint, entry_url, referrer)
select sent.site_id, sent.sid, min(sent.month),
  (array_agg(sent.fingerprint order by sent.ord desc) filter (where sent.fingerprint is not null))[1],
  (array_agg(sent.page_url order by sent.ord))[1],
  (array_agg(sent.referrer order by sent.ord))[1]
from sent join inserted on inserted.id = sent.id
group by sent.site_id, sent.sid
order by sent.site_id, sent.sid
on conflict (site_id, sid) do update set
  last_seen_at = now(),
  fingerprint = coalesce(excluded.fingerprint, sessions.fingerprint)`

export const insertSync = async (database: Database, events: readonly NewSync[]): Promise<void> => {
  await database.batch(
    'service_role',
    INSERT,
    events.map(({ siteId, event }) => ({
      id: randomUUID(),
      site_id: siteId,
      ...Object.fromEntries(COLUMNS.map(([name, , valueOf]) => [name, valueOf(event)])),
    })),
  )
}
