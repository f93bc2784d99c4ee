-- Sessions, calls, and page events. docs/decisions/partitions.md says why the two large tables look as they do.

create table if not exists public.sessions (
  id uuid primary key default gen_random_uuid(),
  site_id uuid not null references public.sites (id) on delete cascade,
  sid text not null,
  month date not null,
  fingerprint text,
  entry_url text,
  referrer text,
  first_seen_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  constraint sessions_site_id_sid_key unique (site_id, sid)
);

-- When a press would match this session: the union of the 30 minutes after each of its page events, of the last 9 days.
alter table public.sessions add column if not exists seen tstzmultirange not null default '{}';

-- "The newest session of the same site and fingerprint" is one step down this index.
create index if not exists sessions_by_visitor
  on public.sessions (site_id, fingerprint, last_seen_at desc);

-- A database of an earlier version has calls and sync_events in one piece each. They are set aside in a moment; their
-- rows move into the partitions while the server works (private.convert_pages), and until then they count as recorded.
do $$
declare
  v_table text;
begin
  foreach v_table in array array['calls', 'sync_events'] loop
    if exists (
      select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public' and c.relname = v_table and c.relkind = 'r'
    ) then
      execute format('alter table public.%I rename to %I', v_table, v_table || '_unconverted');
    end if;
  end loop;
end
$$;

-- 7 for ids of version 7, 0 for all others. Part of the key, because Postgres wants the columns that decide on a row's
-- partition in every unique constraint; it follows from the id, so (site_id, event_id) alone stays unique.
create or replace function public.event_id_kind(p_event_id uuid) returns smallint
language sql immutable parallel safe as $$
  select case when get_byte(uuid_send(p_event_id), 6) between 112 and 127 then 7::smallint else 0::smallint end
$$;

-- A server of an earlier version does not name the kind. Its insert must not fail as a fault of the row (400, and the
-- client would drop the event) but as one of the server (503, and the client keeps it).
create or replace function public.server_is_older_than_tables() returns smallint
language plpgsql volatile as $$
begin
  raise exception 'this server is older than the tables of its database: replace it by the newer version'
    using errcode = 'object_not_in_prerequisite_state';
end
$$;

create table if not exists public.calls (
  id uuid not null,
  site_id uuid not null references public.sites (id) on delete cascade,
  kind smallint not null default public.server_is_older_than_tables(),
  -- One per intent. Null from trackers that do not know it; public.call_keys then does its work.
  event_id uuid,
  -- Says whether a second event with the same key had the same content.
  content_digest bytea,
  endpoint text not null,
  session_id text,
  fingerprint text not null,
  intent_action text,
  intent_target text,
  intent_stamp text,
  intent_page_url text,
  phone_number text,
  action text,
  url text,
  ua text,
  click_id text,
  gclid text,
  wbraid text,
  gbraid text,
  value numeric,
  -- The time of the press, and the time of arrival by the clock of the database.
  occurred_at timestamptz not null,
  created_at timestamptz not null default now(),
  constraint calls_kind_is_of_event_id check (kind = public.event_id_kind(event_id)),
  constraint calls_event_key unique (site_id, event_id, kind)
) partition by list (kind);

create table if not exists private.calls_0 partition of public.calls for values in (0);
create table if not exists private.calls_7 partition of public.calls for values in (7)
  partition by range (event_id);

create index if not exists calls_by_arrival on public.calls (created_at, id);
-- Reading: a site's calls by the time of the press, newest first (sql/0008_reading.sql).
create index if not exists calls_by_press on public.calls (site_id, occurred_at, id);
drop index if exists public.calls_by_site;
create index if not exists calls_0_without_event_id on private.calls_0 (id) where event_id is null;

create table if not exists public.sync_events (
  id uuid not null,
  site_id uuid not null references public.sites (id) on delete cascade,
  kind smallint not null default public.server_is_older_than_tables(),
  event_id uuid,
  sid text not null,
  month date not null,
  category text not null,
  action text not null,
  label text,
  value numeric,
  page_url text not null,
  referrer text,
  fingerprint text,
  meta jsonb,
  created_at timestamptz not null default now(),
  constraint sync_events_kind_is_of_event_id check (kind = public.event_id_kind(event_id)),
  constraint sync_events_event_key unique (site_id, event_id, kind)
) partition by list (kind);

create table if not exists private.sync_events_0 partition of public.sync_events for values in (0);
create table if not exists private.sync_events_7 partition of public.sync_events for values in (7)
  partition by range (event_id);

create index if not exists sync_events_of_session on public.sync_events (site_id, sid);
-- Rows lie in the order of their arrival, so this costs next to nothing; retention looks for late arrivals with it.
create index if not exists sync_events_by_arrival on public.sync_events using brin (created_at);

-- SHA-256 of the signature of calls without event_id.
create table if not exists public.call_keys (
  site_id uuid not null references public.sites (id) on delete cascade,
  replay_key bytea not null,
  call_id uuid not null,
  content_digest bytea,
  created_at timestamptz not null default now(),
  primary key (site_id, replay_key)
);

-- Tombstones: ids of events that were removed, so that a retry is still known.
create table if not exists public.removed_events (
  site_id uuid not null references public.sites (id) on delete cascade,
  event_id uuid not null,
  source text not null,
  call_id uuid,
  removed_at timestamptz not null default now(),
  primary key (site_id, event_id, source),
  constraint removed_events_source check (source in ('calls', 'sync_events'))
);

-- Calls of the last half hour without a session: the session's first page event may still come.
create table if not exists public.unmatched_calls (
  call_id uuid not null,
  site_id uuid not null,
  fingerprint text not null,
  event_id uuid,
  occurred_at timestamptz not null
);
create index if not exists unmatched_calls_by_visitor on public.unmatched_calls (site_id, fingerprint);

do $$
declare
  v_table text;
begin
  foreach v_table in array array[
    'sessions', 'calls', 'sync_events', 'call_keys', 'removed_events', 'unmatched_calls'
  ] loop
    execute format('revoke all on public.%I from public, anon, authenticated', v_table);
    execute format('grant select, insert, update, delete on public.%I to service_role', v_table);
    execute format('alter table public.%I enable row level security', v_table);
    execute format('drop policy if exists service_role_only on public.%I', v_table);
    execute format(
      'create policy service_role_only on public.%I to service_role using (true) with check (true)', v_table);
  end loop;
end
$$;
