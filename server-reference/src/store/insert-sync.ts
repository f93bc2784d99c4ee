import { randomUUID } from 'node:crypto'
import type { SyncEvent } from '@opsmantik/tracker/contract'
import type { Database } from './database.js'
import type { NewSync } from './store.js'

type Value = (event: SyncEvent) => string | null

/** Columns of public.sync_events, their types, and where their values come from. */
const COLUMNS: readonly (readonly [string, string, Value])[] = [
  ['event_id', 'uuid', (event) => event.event_id ?? null],
  ['sid', 'text', (event) => event.sid],
  ['month', 'date', (event) => event.sm],
  ['category', 'text', (event) => event.ec],
  ['action', 'text', (event) => event.ea],
  ['label', 'text', (event) => event.el ?? null],
  ['value', 'numeric', (event) => (event.ev == null ? null : String(event.ev))],
  ['page_url', 'text', (event) => event.u],
  ['referrer', 'text', (event) => event.r ?? null],
  ['fingerprint', 'text', (event) => event.meta?.fp ?? null],
  ['meta', 'jsonb', (event) => (event.meta === undefined ? null : JSON.stringify(event.meta))],
]

const names = COLUMNS.map(([name]) => name)
const casts = COLUMNS.map(([, type], index) =>
  type === 'uuid' ? `$${index + 3}::uuid[]` : `$${index + 3}::text[]`,
)
const typed = COLUMNS.map(([name, type]) =>
  type === 'text' || type === 'uuid' ? `sent.${name}` : `sent.${name}::${type}`,
)

/**
 * Events and their sessions in one statement, all or nothing. Only events that are new touch a session: a retry that
 * comes an hour later has not been on the page. Rows go in order of their key, so that two servers cannot wait for
 * each other.
 */
const INSERT = `
with sent as (
  select * from unnest($1::uuid[], $2::uuid[], ${casts.join(', ')})
    with ordinality as sent (id, site_id, ${names.join(', ')}, ord)
), inserted as (
  insert into public.sync_events (id, site_id, ${names.join(', ')})
  select sent.id, sent.site_id, ${typed.join(', ')} from sent
  order by sent.site_id, sent.event_id
  on conflict do nothing
  returning id
)
insert into public.sessions (site_id, sid, month, fingerprint, entry_url, referrer)
select sent.site_id, sent.sid, min(sent.month::date),
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
  await database.query('service_role', INSERT, [
    events.map(() => randomUUID()),
    events.map(({ siteId }) => siteId),
    ...COLUMNS.map(([, , value]) => events.map(({ event }) => value(event))),
  ])
}
