-- Sessions, calls, and page events.

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

-- "The newest session of the same site and fingerprint" is one step down this index.
create index if not exists sessions_by_visitor
  on public.sessions (site_id, fingerprint, last_seen_at desc);

create table if not exists public.calls (
  id uuid primary key default gen_random_uuid(),
  site_id uuid not null references public.sites (id) on delete cascade,
  -- One per intent. Null from trackers that do not know it; then `replay_key` does its work.
  event_id uuid,
  -- SHA-256 of the signature, only where there is no event_id.
  replay_key bytea,
  -- Says whether a second event with the same key had the same content.
  content_digest bytea not null,
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
  created_at timestamptz not null default now(),
  constraint calls_site_id_event_id_key unique (site_id, event_id),
  constraint calls_site_id_replay_key_key unique (site_id, replay_key)
);

create index if not exists calls_by_time on public.calls (site_id, created_at desc);

create table if not exists public.sync_events (
  id uuid primary key default gen_random_uuid(),
  site_id uuid not null references public.sites (id) on delete cascade,
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
  constraint sync_events_site_id_event_id_key unique (site_id, event_id)
);

create index if not exists sync_events_by_session on public.sync_events (site_id, sid);

do $$
declare
  v_table text;
begin
  foreach v_table in array array['sessions', 'calls', 'sync_events'] loop
    execute format('revoke all on public.%I from public, anon, authenticated', v_table);
    execute format('grant select, insert, update, delete on public.%I to service_role', v_table);
    execute format('alter table public.%I enable row level security', v_table);
    execute format('drop policy if exists service_role_only on public.%I', v_table);
    execute format(
      'create policy service_role_only on public.%I to service_role using (true) with check (true)', v_table);
  end loop;
end
$$;
