import type { Database } from './database.js'
import { READ_COLUMNS, readCall, type ReadCallRow } from './read-calls.js'
import type { CallStory, ReadCursor, StoryVisit } from './reading.js'

/** The visitor's newest visits, page events of each, and other calls. */
const MAX_VISITS = 10
const MAX_PAGES = 50
const MAX_OTHERS = 20

const AT = `timestamptz 'epoch' + q.us * interval '1 microsecond'`
const QUERY = `from json_to_recordset($1::json) as q (site_id uuid, us double precision, id uuid, fingerprint text)`

const CALL = `
select ${READ_COLUMNS} ${QUERY}
join public.sites s on q.site_id is null or s.id = q.site_id
cross join lateral (
  select * from public.calls k where k.site_id = s.id and (k.occurred_at, k.id) = (${AT}, q.id) limit 1
) c`

const VISITS = `
select v.sid, v.entry_url, v.referrer,
  (extract(epoch from v.first_seen_at) * 1000)::double precision as first_seen,
  (extract(epoch from v.last_seen_at) * 1000)::double precision as last_seen,
  coalesce((
    select json_agg(json_build_object(
      'at', floor(extract(epoch from p.created_at) * 1000), 'url', p.page_url,
      'category', p.category, 'action', p.action
    ) order by p.created_at)
    from (
      select * from public.sync_events e
      where e.site_id = q.site_id and e.sid = v.sid
      order by e.created_at limit ${MAX_PAGES}
    ) p
  ), '[]') as pages
${QUERY}
cross join lateral (
  select * from public.sessions x
  where x.site_id = q.site_id and x.fingerprint = q.fingerprint
  order by x.last_seen_at desc limit ${MAX_VISITS}
) v
order by v.last_seen_at desc`

/** Among the calls of a month around it: there is no index by visitor. */
const OTHERS = `
select ${READ_COLUMNS} ${QUERY}
cross join lateral (
  select * from (
    select * from public.calls k
    where k.site_id = q.site_id and k.occurred_at between ${AT} - interval '31 days' and ${AT} + interval '1 day'
    order by k.occurred_at desc, k.id desc limit 5000
  ) near
  where near.fingerprint = q.fingerprint and near.id <> q.id
  order by near.occurred_at desc limit ${MAX_OTHERS}
) c`

interface VisitRow {
  sid: string
  entry_url: string | null
  referrer: string | null
  first_seen: number
  last_seen: number
  pages: StoryVisit['pages']
}

/** Returns a call with what is known of its visitor, or null if there is no such call. */
export const readStory = async (
  database: Database,
  siteId: string | null,
  { occurredUs, callId }: ReadCursor,
): Promise<CallStory | null> => {
  const [row] = await database.batch<ReadCallRow>('service_role', CALL, [
    { site_id: siteId, us: occurredUs, id: callId },
  ])
  if (row === undefined) return null
  const call = readCall(row)
  const item = {
    site_id: call.siteId,
    us: occurredUs,
    id: callId,
    fingerprint: call.fingerprint,
  }
  const visits = await database.batch<VisitRow>('service_role', VISITS, [item])
  const others = await database.batch<ReadCallRow>('service_role', OTHERS, [item])
  return {
    call,
    visits: visits.map(({ sid, entry_url, referrer, first_seen, last_seen, pages }) => ({
      sessionId: sid,
      entryUrl: entry_url,
      referrer,
      firstSeen: first_seen,
      lastSeen: last_seen,
      pages,
    })),
    others: others.map(readCall),
  }
}
