import type { Database } from './database.js'
import { SIGHTINGS_DAYS, SIGHTINGS_KEPT, type NewSighting, type Sighting } from './sighting.js'

const NO_SITE = "'00000000-0000-0000-0000-000000000000'::uuid"

/**
 * Adds to the rows. Finds the site by what the request claims, then by what is known of it; if there is none and the
 * database has only one site, it is that one. In the order of the key, so that two processes that add to the same rows do not deadlock.
 */
const ADD = `
with given as (
  select * from json_to_recordset($1::json) as g (
    "siteId" uuid, claimed text, kind text, endpoint text, code text, status smallint, origin text, "proxyHost" text,
    "isVerified" boolean, count integer, "firstAt" double precision, "lastAt" double precision
  )
), only_one as (
  select (array_agg(s.id))[1] as id from (select id from public.sites limit 2) s having count(*) = 1
), placed as (
  select g.*, coalesce(
    (select s.id from public.sites s where s.id = g.claimed::uuid),
    (select s.id from public.sites s where s.public_id = g.claimed),
    (select s.id from public.sites s where s.id = g."siteId"),
    (select o.id from only_one o)
  ) as site_id
  from given g
)
insert into public.site_sightings as known
  (site_id, kind, endpoint, code, origin, proxy_host, is_verified, status, count, first_at, last_at)
select site_id, kind, endpoint, code, origin, "proxyHost", "isVerified", max(status), sum(count),
  timestamptz 'epoch' + min("firstAt") * interval '1 millisecond',
  timestamptz 'epoch' + max("lastAt") * interval '1 millisecond'
from placed
group by site_id, kind, endpoint, code, origin, "proxyHost", "isVerified"
order by coalesce(site_id, ${NO_SITE}), kind, endpoint, code, origin, "proxyHost", "isVerified"
on conflict (coalesce(site_id, ${NO_SITE}), kind, endpoint, code, origin, proxy_host, is_verified) do update set
  status = excluded.status, count = known.count + excluded.count, last_at = greatest(known.last_at, excluded.last_at)
returning site_id as "siteId"`

const PRUNE = `
delete from public.site_sightings where id in (
  select id from (
    select s.id, s.last_at, row_number() over (partition by s.site_id, s.kind order by s.last_at desc, s.id desc) as place
    from public.site_sightings s
    where coalesce(s.site_id, ${NO_SITE}) in (
      select coalesce(t.site_id, ${NO_SITE}) from json_to_recordset($1::json) as t (site_id uuid))
  ) ranked
  where place > ${SIGHTINGS_KEPT} or last_at < now() - interval '${SIGHTINGS_DAYS} days'
)`

const READ = `
select s.site_id as "siteId", s.kind, s.endpoint, s.code, s.status::int as status, s.origin, s.proxy_host as "proxyHost",
  s.is_verified as "isVerified", s.count::int as count,
  extract(epoch from s.first_at)::double precision * 1000 as "firstAt",
  extract(epoch from s.last_at)::double precision * 1000 as "lastAt"
from json_to_recordset($1::json) as q (site_id uuid)
join public.site_sightings s on coalesce(s.site_id, ${NO_SITE}) = coalesce(q.site_id, ${NO_SITE})
where s.last_at >= now() - interval '${SIGHTINGS_DAYS} days'
order by s.last_at desc, s.id desc`

/** Adds what was seen to what is stored of each site, and removes what is too old or too much. */
export const addSightings = async (
  database: Database,
  seen: readonly NewSighting[],
): Promise<void> => {
  const touched = await database.batch<{ siteId: string | null }>('service_role', ADD, seen)
  const siteIds = [...new Set(touched.map(({ siteId }) => siteId))]
  await database.batch(
    'service_role',
    PRUNE,
    siteIds.map((site_id) => ({ site_id })),
  )
}

/** @param siteId null: what no site can be named for */
export const readSightings = async (
  database: Database,
  siteId: string | null,
): Promise<Sighting[]> => {
  const rows = await database.batch<Sighting>('service_role', READ, [{ site_id: siteId }])
  return rows.map((row) => ({
    ...row,
    firstAt: Math.floor(row.firstAt),
    lastAt: Math.floor(row.lastAt),
  }))
}
