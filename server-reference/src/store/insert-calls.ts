import { randomUUID } from 'node:crypto'
import { MATCH_WINDOW } from '@opsmantik/tracker/contract'
import type { Database } from './database.js'
import type { NewCall, RecordedCall } from './store.js'

/** Columns of public.calls, their types, and where their values come from. */
const COLUMNS: readonly (readonly [string, string, (call: NewCall) => string | null])[] = [
  ['site_id', 'uuid', (call) => call.siteId],
  ['event_id', 'uuid', ({ event }) => event.event_id ?? null],
  ['replay_key', 'bytea', ({ replayKey }) => (replayKey === null ? null : '\\x' + replayKey)],
  ['content_digest', 'bytea', (call) => '\\x' + call.digest],
  ['endpoint', 'text', (call) => call.endpoint],
  ['fingerprint', 'text', ({ event }) => event.fingerprint],
  ['intent_action', 'text', ({ event }) => event.intent_action ?? null],
  ['intent_target', 'text', ({ event }) => event.intent_target ?? null],
  ['intent_stamp', 'text', ({ event }) => event.intent_stamp ?? null],
  ['intent_page_url', 'text', ({ event }) => event.intent_page_url ?? null],
  ['phone_number', 'text', ({ event }) => event.phone_number ?? null],
  ['action', 'text', ({ event }) => event.action ?? null],
  ['url', 'text', ({ event }) => event.url ?? null],
  ['ua', 'text', ({ event }) => event.ua ?? null],
  ['click_id', 'text', ({ event }) => event.click_id ?? null],
  ['gclid', 'text', ({ event }) => event.gclid ?? null],
  ['wbraid', 'text', ({ event }) => event.wbraid ?? null],
  ['gbraid', 'text', ({ event }) => event.gbraid ?? null],
  ['value', 'numeric', ({ event }) => (event.value == null ? null : String(event.value))],
]

const names = COLUMNS.map(([name]) => name)
// bytea and numeric travel as text: drivers differ in what they make of a number or a buffer in an array.
const casts = COLUMNS.map(([, type], index) =>
  type === 'uuid' ? `$${index + 2}::uuid[]` : `$${index + 2}::text[]`,
)
const typed = COLUMNS.map(([name, type]) =>
  type === 'text' || type === 'uuid' ? `call.${name}` : `call.${name}::${type}`,
)

/**
 * Matches and inserts in one statement. A row that stands in the table already, or twice in this batch, is left alone:
 * the unique indexes are the judges. The id is made here, so that an inserted row is told from its equal. Rows go in
 * order of their key, so that two servers cannot wait for each other.
 */
const INSERT = `
with call as (
  select sent.*, (
    select session.sid from public.sessions session
    where session.site_id = sent.site_id and session.fingerprint = sent.fingerprint
      and session.last_seen_at >= now() - make_interval(secs => ${MATCH_WINDOW / 1000})
    order by session.last_seen_at desc, session.id desc
    limit 1
  ) as session_id
  from unnest($1::uuid[], ${casts.join(', ')}) as sent (id, ${names.join(', ')})
)
insert into public.calls (id, session_id, ${names.join(', ')})
select call.id, call.session_id, ${typed.join(', ')} from call
order by call.site_id, call.event_id, call.replay_key
on conflict do nothing
returning id, session_id`

/** The rows that were there first. A statement of its own: it has to see what others committed meanwhile. */
const FIND = `
select sent.ord::int, found.id, found.session_id, encode(found.content_digest, 'hex') as digest
from unnest($1::uuid[], $2::uuid[], $3::text[]) with ordinality as sent (site_id, event_id, replay_key, ord)
cross join lateral (
  select * from public.calls
  where site_id = sent.site_id and event_id = sent.event_id
  union all
  select * from public.calls
  where site_id = sent.site_id and replay_key = sent.replay_key::bytea
  limit 1
) found`

/** Records calls. Each result is of a committed row. */
export const insertCalls = async (
  database: Database,
  calls: readonly NewCall[],
): Promise<RecordedCall[]> => {
  const ids = calls.map(() => randomUUID() as string)
  const inserted = await database.query<{ id: string; session_id: string | null }>(
    'service_role',
    INSERT,
    [ids, ...COLUMNS.map(([, , value]) => calls.map(value))],
  )
  const sessions = new Map(inserted.map((row) => [row.id, row.session_id]))
  const earlier = await findCalls(
    database,
    calls.filter((_, index) => !sessions.has(ids[index]!)),
  )
  return calls.map((call, index) => {
    const id = ids[index]!
    const sessionId = sessions.get(id)
    if (sessionId !== undefined)
      return { callId: id, sessionId, inserted: true, digest: call.digest }
    return earlier.get(call)!
  })
}

const findCalls = async (
  database: Database,
  calls: readonly NewCall[],
): Promise<Map<NewCall, RecordedCall>> => {
  if (calls.length === 0) return new Map()
  const rows = await database.query<{
    ord: number
    id: string
    session_id: string | null
    digest: string
  }>('service_role', FIND, [
    calls.map((call) => call.siteId),
    calls.map(({ event }) => event.event_id ?? null),
    calls.map(({ replayKey }) => (replayKey === null ? null : '\\x' + replayKey)),
  ])
  if (rows.length !== calls.length) throw new Error('a call was neither inserted nor found')
  return new Map(
    rows.map((row) => [
      calls[row.ord - 1]!,
      { callId: row.id, sessionId: row.session_id, inserted: false, digest: row.digest },
    ]),
  )
}
