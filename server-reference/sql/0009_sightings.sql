-- What was seen of each site, for the setup page: the last requests by their outcome, not each one. No row is about a
-- visitor: an origin and a proxy's host are the site's own.

create table if not exists public.site_sightings (
  id bigint generated always as identity primary key,
  -- Null: no site can be named.
  site_id uuid references public.sites (id) on delete cascade,
  kind text not null,
  endpoint text not null,
  -- Empty: none.
  code text not null,
  origin text not null,
  proxy_host text not null,
  is_verified boolean not null,
  status smallint not null,
  count bigint not null,
  first_at timestamptz not null,
  last_at timestamptz not null
);
create unique index if not exists site_sightings_key on public.site_sightings (
  coalesce(site_id, '00000000-0000-0000-0000-000000000000'::uuid), kind, endpoint, code, origin, proxy_host, is_verified);
-- Removing a site looks for its rows.
create index if not exists site_sightings_of_site on public.site_sightings (site_id);

revoke all on public.site_sightings from public, anon, authenticated;
grant select, insert, update, delete on public.site_sightings to service_role;
alter table public.site_sightings enable row level security;
drop policy if exists service_role_only on public.site_sightings;
create policy service_role_only on public.site_sightings to service_role using (true) with check (true);
