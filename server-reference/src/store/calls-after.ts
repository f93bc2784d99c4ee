import type { Database } from './database.js'
import type { CallCursor, ListedCall } from './store.js'

/** Calls in one page. */
export const CALLS_PAGE = 500

const READ = `
select c.id, c.site_id, c.session_id, c.endpoint,
  coalesce(c.intent_action, c.action) as action,
  coalesce(c.intent_target, c.phone_number) as target,
  coalesce(c.intent_page_url, c.url) as page_url,
  (extract(epoch from c.occurred_at) * 1000)::double precision as occurred_ms,
  (extract(epoch from c.created_at) * 1000000)::double precision as recorded_us
from json_to_recordset($1::json) as cursor (us double precision, id uuid)
cross join lateral (
  select * from public.calls
  where (created_at, id) > (timestamptz 'epoch' + cursor.us * interval '1 microsecond', cursor.id)
  order by created_at, id
  limit ${CALLS_PAGE}
) c
order by c.created_at, c.id`

interface Row {
  id: string
  site_id: string
  session_id: string | null
  endpoint: string
  action: string | null
  target: string | null
  page_url: string | null
  occurred_ms: number
  recorded_us: number
}

/** Returns the next page of calls in the order of their arrival, at most `CALLS_PAGE`. */
export const callsAfter = async (
  database: Database,
  { recordedAt, callId }: CallCursor,
): Promise<ListedCall[]> => {
  const rows = await database.batch<Row>('service_role', READ, [{ us: recordedAt, id: callId }])
  return rows.map((row) => ({
    callId: row.id,
    siteId: row.site_id,
    sessionId: row.session_id,
    endpoint: row.endpoint,
    action: row.action,
    target: row.target,
    pageUrl: row.page_url,
    occurredAt: Math.floor(row.occurred_ms),
    recordedAt: row.recorded_us,
  }))
}

const LATEST = `
select id, (extract(epoch from created_at) * 1000000)::double precision as recorded_us
from public.calls, (select $1::json) as unused
order by created_at desc, id desc limit 1`

/** Returns the position of the newest call, or null if there is none. */
export const latestCall = async (database: Database): Promise<CallCursor | null> => {
  const [row] = await database.batch<Pick<Row, 'id' | 'recorded_us'>>('service_role', LATEST, [])
  return row === undefined ? null : { recordedAt: row.recorded_us, callId: row.id }
}
