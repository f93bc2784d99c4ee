import type { Database } from './database.js'
import type { CallPage, CallQuery, ReadCall, ReadCursor } from './reading.js'
import type { Mark } from './store.js'

/**
 * Rows that one statement reads off the index: enough for a page without filters, or for a search. A search that finds
 * little reads on from where the last statement ended, so that no statement takes long, however many calls there are.
 */
const SCANS = [64, 1_000] as const
/** Statements for one page; then a shorter page is returned, and its cursor leads on. */
const MAX_STATEMENTS = 50

const FIRST_ID = '00000000-0000-0000-0000-000000000000'
/** Later than every call: a press is believed up to a minute ahead. */
const END_US = 32_503_680_000_000_000

/** The columns of a call `c` as `ReadCallRow` has them. */
export const READ_COLUMNS = `
  c.id, c.site_id, c.session_id, c.fingerprint, c.endpoint,
  coalesce(c.intent_action, c.action) as action,
  coalesce(c.intent_target, c.phone_number) as target,
  coalesce(c.intent_page_url, c.url) as page_url,
  c.click_id, c.gclid, c.gbraid, c.wbraid, c.value::double precision as value, c.marked,
  (extract(epoch from c.occurred_at) * 1000000)::double precision as occurred_us,
  (extract(epoch from c.created_at) * 1000000)::double precision as recorded_us`

/**
 * Of each site the newest rows behind the cursor, one walk down the index calls_by_press; of these the newest. The
 * limits are written into the text, because the planner has to know them to walk the index.
 */
export const readStatement = (scan: number): string => `
with q as (
  select * from json_to_recordset($1::json) as q (
    site_id uuid, before_us double precision, before_id uuid, from_us double precision, action text,
    is_matched boolean, search text, has_click boolean, with_marked boolean, max integer
  )
), scanned as materialized (
  select c.*
  from q
  join public.sites s on q.site_id is null or s.id = q.site_id
  cross join lateral (
    select * from public.calls k
    where k.site_id = s.id
      and (k.occurred_at, k.id) < (timestamptz 'epoch' + q.before_us * interval '1 microsecond', q.before_id)
      and k.occurred_at >= timestamptz 'epoch' + q.from_us * interval '1 microsecond'
    order by k.occurred_at desc, k.id desc
    limit ${scan}
  ) c
  order by c.occurred_at desc, c.id desc
  limit ${scan}
), wanted as (
  select c.* from scanned c cross join q
  where (q.action is null or coalesce(c.intent_action, c.action) = q.action)
    and (q.is_matched is null or (c.session_id is not null) = q.is_matched)
    and (q.with_marked or c.marked is null)
    and (not q.has_click or coalesce(c.gclid, c.gbraid, c.wbraid) is not null)
    and (q.search is null or strpos(
      lower(concat_ws(' ', c.intent_target, c.phone_number, c.intent_page_url, c.url)), lower(q.search)) > 0)
  order by c.occurred_at desc, c.id desc
  limit (select max from q)
), ends as (
  select * from scanned order by occurred_at, id limit 1
)
select true as is_wanted, (select count(*) from scanned)::int as scanned, ${READ_COLUMNS} from wanted c
union all
select false, (select count(*) from scanned)::int, ${READ_COLUMNS} from ends c
order by is_wanted desc, occurred_us desc, id desc`

export interface ReadCallRow {
  id: string
  site_id: string
  session_id: string | null
  fingerprint: string
  endpoint: string
  action: string | null
  target: string | null
  page_url: string | null
  click_id: string | null
  gclid: string | null
  gbraid: string | null
  wbraid: string | null
  value: number | null
  marked: Mark | null
  occurred_us: number
  recorded_us: number
}

/** Reads one page of calls, newest press first. */
export const readCalls = async (database: Database, query: CallQuery): Promise<CallPage> => {
  const calls: ReadCall[] = []
  const isFiltered =
    query.action !== null ||
    query.isMatched !== null ||
    query.search !== null ||
    query.hasGoogleClick ||
    query.limit >= SCANS[0]
  const scan = isFiltered ? SCANS[1] : SCANS[0]
  let before = startOf(query)
  for (let statement = 0; statement < MAX_STATEMENTS; statement++) {
    const rows = await database.batch<ReadCallRow & { is_wanted: boolean; scanned: number }>(
      'service_role',
      readStatement(scan),
      [
        {
          site_id: query.siteId,
          before_us: before.occurredUs,
          before_id: before.callId,
          from_us: (query.from ?? 0) * 1000,
          action: query.action,
          is_matched: query.isMatched,
          search: query.search,
          has_click: query.hasGoogleClick,
          with_marked: query.withMarked,
          // One more than wanted says whether there is a next page.
          max: query.limit + 1 - calls.length,
        },
      ],
    )
    for (const row of rows) if (row.is_wanted) calls.push(readCall(row))
    if (calls.length > query.limit) {
      calls.length = query.limit
      return { calls, next: cursorOf(calls.at(-1)!) }
    }
    const last = rows.at(-1)
    if (last === undefined || last.scanned < scan) return { calls, next: null }
    before = { occurredUs: last.occurred_us, callId: last.id }
  }
  return { calls, next: before }
}

const startOf = ({ after, to }: CallQuery): ReadCursor => {
  const end = to === null ? END_US : to * 1000
  return after !== null && after.occurredUs < end ? after : { occurredUs: end, callId: FIRST_ID }
}

/** Returns the cursor behind a call. */
export const cursorOf = ({ occurredUs, callId }: ReadCall): ReadCursor => ({ occurredUs, callId })

export const readCall = (row: ReadCallRow): ReadCall => ({
  callId: row.id,
  siteId: row.site_id,
  sessionId: row.session_id,
  fingerprint: row.fingerprint,
  endpoint: row.endpoint,
  action: row.action,
  target: row.target,
  pageUrl: row.page_url,
  clickId: row.click_id,
  gclid: row.gclid,
  gbraid: row.gbraid,
  wbraid: row.wbraid,
  value: row.value,
  marked: row.marked,
  occurredUs: row.occurred_us,
  recordedUs: row.recorded_us,
})
