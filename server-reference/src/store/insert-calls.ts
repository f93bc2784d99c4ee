import { randomUUID } from 'node:crypto'
import { MATCH_WINDOW, type CallEvent } from '@opsmantik/tracker/contract'
import type { Database } from './database.js'
import type { NewCall, RecordedCall } from './store.js'

/** Columns of public.calls that an event fills, and their types. */
const EVENT_COLUMNS = {
  fingerprint: 'text',
  intent_action: 'text',
  intent_target: 'text',
  intent_stamp: 'text',
  intent_page_url: 'text',
  phone_number: 'text',
  action: 'text',
  url: 'text',
  ua: 'text',
  click_id: 'text',
  gclid: 'text',
  wbraid: 'text',
  gbraid: 'text',
  value: 'numeric',
  event_id: 'uuid',
} as const satisfies Partial<Record<keyof CallEvent, string>>

const names = Object.keys(EVENT_COLUMNS).join(', ')
const typed = Object.entries(EVENT_COLUMNS)
  .map(([name, type]) => `${name} ${type}`)
  .join(', ')

/**
 * Matches and inserts in one statement. A row that stands in the table already, or twice in this batch, is left alone:
 * the unique indexes are the judges. The id is made here, so that an inserted row is told from its equal. Rows go in
 * order of their key, so that two servers cannot wait for each other.
 */
const INSERT = `
insert into public.calls
  (id, site_id, endpoint, content_digest, replay_key, ${names}, session_id)
select id, site_id, endpoint, decode(digest, 'hex'), decode(replay_key, 'hex'), ${names}, (
    select session.sid from public.sessions session
    where session.site_id = sent.site_id and session.fingerprint = sent.fingerprint
      and session.last_seen_at >= now() - make_interval(secs => ${MATCH_WINDOW / 1000})
    order by session.last_seen_at desc, session.id desc
    limit 1
  )
from json_to_recordset($1::json)
  as sent (id uuid, site_id uuid, endpoint text, digest text, replay_key text, ${typed})
order by site_id, event_id, replay_key
on conflict do nothing
returning id, session_id`

/** The rows that were there first. A statement of its own: it has to see what others committed meanwhile. */
const FIND = `
select sent.ord::int, found.id, found.session_id, encode(found.content_digest, 'hex') as digest
from rows from (
  json_to_recordset($1::json) as (site_id uuid, event_id uuid, replay_key text)
) with ordinality as sent (site_id, event_id, replay_key, ord)
cross join lateral (
  select * from public.calls
  where site_id = sent.site_id and event_id = sent.event_id
  union all
  select * from public.calls
  where site_id = sent.site_id and replay_key = decode(sent.replay_key, 'hex')
  limit 1
) found`

/** Records calls. Each result is of a committed row. */
export const insertCalls = async (
  database: Database,
  calls: readonly NewCall[],
): Promise<RecordedCall[]> => {
  const ids = calls.map(() => randomUUID() as string)
  const inserted = await database.batch<{ id: string; session_id: string | null }>(
    'service_role',
    INSERT,
    calls.map(({ siteId, endpoint, digest, replayKey, event }, index) => ({
      ...event,
      id: ids[index],
      site_id: siteId,
      endpoint,
      digest,
      replay_key: replayKey,
    })),
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
  const rows = await database.batch<{
    ord: number
    id: string
    session_id: string | null
    digest: string
  }>(
    'service_role',
    FIND,
    calls.map(({ siteId, event, replayKey }) => ({
      site_id: siteId,
      event_id: event.event_id,
      replay_key: replayKey,
    })),
  )
  if (rows.length !== calls.length) throw new Error('a call was neither inserted nor found')
  return new Map(
    rows.map((row) => [
      calls[row.ord - 1]!,
      { callId: row.id, sessionId: row.session_id, inserted: false, digest: row.digest },
    ]),
  )
}
