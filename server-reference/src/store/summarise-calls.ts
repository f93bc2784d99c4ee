import type { Database } from './database.js'
import type { CallCount, DropCount, SummaryQuery } from './reading.js'

/** Pages and campaigns that are named; the rest is too many for a table. */
const MAX_NAMES = 50

/**
 * Reads each call once and groups it by everything that is counted; the few thousand groups are then added up. Only
 * calls of the current period are looked at for their page and campaign.
 */
const SUMMARISE = `
with q as (
  select site_id, from_ms,
    (select array_agg(timestamptz 'epoch' + b.ms::double precision * interval '1 millisecond' order by b.n)
      from json_array_elements_text(q.bounds) with ordinality as b (ms, n)) as bounds
  from json_to_recordset($1::json) as q (site_id uuid, from_ms double precision, bounds json)
), c as materialized (
  select r.site_id, r.bucket, r.action, r.is_current, r.ad,
    split_part(split_part(r.url, '#', 1), '?', 1) as page,
    case when strpos(r.url, 'utm_source=') > 0 then substring(r.url from '[?&]utm_source=([^&#]*)') end as source,
    case when strpos(r.url, 'utm_campaign=') > 0 then substring(r.url from '[?&]utm_campaign=([^&#]*)') end as campaign,
    count(*) as count
  from q
  join public.sites s on q.site_id is null or s.id = q.site_id
  cross join lateral (
    select k.site_id, width_bucket(k.occurred_at, q.bounds) - 1 as bucket,
      coalesce(k.intent_action, k.action, '') as action, n.is_current,
      case when not n.is_current then '' when k.gclid is not null then 'gclid' when k.gbraid is not null then 'gbraid'
        when k.wbraid is not null then 'wbraid' when k.click_id is not null then 'click' else '' end as ad,
      case when n.is_current then coalesce(k.intent_page_url, k.url, '') else '' end as url
    from public.calls k
    cross join lateral (
      select k.occurred_at >= timestamptz 'epoch' + q.from_ms * interval '1 millisecond' as is_current
    ) n
    where k.site_id = s.id and k.marked is null
      and k.occurred_at >= q.bounds[1] and k.occurred_at < q.bounds[array_length(q.bounds, 1)]
  ) r
  group by 1, 2, 3, 4, 5, 6, 7, 8
)
select 'kind' as by, bucket, action as name, sum(count)::int as count from c group by bucket, action
union all
(select 'page', 0, page, sum(count)::int from c where is_current group by page order by 4 desc, 3 limit ${MAX_NAMES})
union all
(select 'campaign', 0, concat_ws('|', ad, coalesce(source, ''), coalesce(campaign, '')) as name, sum(count)::int
  from c where is_current group by 3 order by 4 desc, 3 limit ${MAX_NAMES})
union all
select 'site', 0, site_id::text, sum(count)::int from c where is_current group by site_id`

/** Counts the calls of some periods. */
export const summariseCalls = (
  database: Database,
  { siteId, bounds, from }: SummaryQuery,
): Promise<CallCount[]> =>
  database.batch<CallCount>('service_role', SUMMARISE, [{ site_id: siteId, from_ms: from, bounds }])

/** Arrival is in the order of the rows, so that the index by arrival (BRIN) finds them. */
const DROPS = `
select e.site_id as "siteId", d.key as reason, sum(d.value::numeric)::int as count
from json_to_recordset($1::json) as q (site_id uuid, since_ms double precision)
join public.sync_events e on e.created_at >= timestamptz 'epoch' + q.since_ms * interval '1 millisecond'
  and (q.site_id is null or e.site_id = q.site_id)
cross join lateral jsonb_each_text(
  case when jsonb_typeof(e.meta -> 'drops') = 'object' then e.meta -> 'drops' else '{}' end
) as d (key, value)
where d.value ~ '^[0-9]{1,6}$' and length(d.key) <= 64
group by e.site_id, d.key order by 3 desc limit 200`

/** Counts what trackers reported as dropped. */
export const countDrops = (
  database: Database,
  siteId: string | null,
  since: number,
): Promise<DropCount[]> =>
  database.batch<DropCount>('service_role', DROPS, [{ site_id: siteId, since_ms: since }])
