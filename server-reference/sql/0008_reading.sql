-- Reading: who may read, what sites say about themselves, marks of calls, webhooks and their queue.

-- Origins that may send events for this site (empty: every allowed one), and networks whose calls are the site's own.
alter table public.sites add column if not exists origins text[] not null default '{}';
alter table public.sites add column if not exists own_addresses cidr[] not null default '{}';

-- Why a call is not counted: 'bot' or 'own'. Null: it is counted.
alter table public.calls add column if not exists marked text;

-- Tokens that open one site for reading. Only the SHA-256 of a token is kept.
create table if not exists private.site_tokens (
  id uuid primary key default gen_random_uuid(),
  site_id uuid not null references public.sites (id) on delete cascade,
  digest bytea not null,
  name text,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  constraint site_tokens_digest_key unique (digest),
  constraint site_tokens_digest_is_sha256 check (octet_length(digest) = 32)
);

-- Who changed what, and when.
create table if not exists private.changes (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  who text not null,
  change text not null,
  site_id uuid,
  detail text
);

create table if not exists public.site_webhooks (
  id uuid primary key default gen_random_uuid(),
  site_id uuid not null references public.sites (id) on delete cascade,
  url text not null,
  secret text not null,
  created_at timestamptz not null default now(),
  -- Set when the receiver has said 410: nothing is sent any more.
  ended_at timestamptz,
  delivered bigint not null default 0,
  last_attempt_at timestamptz,
  last_delivered_at timestamptz,
  constraint site_webhooks_url_key unique (site_id, url)
);

alter table public.site_webhooks add column if not exists delivered bigint not null default 0;
alter table public.site_webhooks add column if not exists last_attempt_at timestamptz;
alter table public.site_webhooks add column if not exists last_delivered_at timestamptz;

-- The queue. A row waits while next_at is set; then it is abandoned, or removed because it was delivered. A process that
-- sends it moves next_at ahead first, so that another one sends it if this process dies.
create table if not exists public.webhook_deliveries (
  id uuid primary key default gen_random_uuid(),
  webhook_id uuid not null references public.site_webhooks (id) on delete cascade,
  -- Null: a test.
  call_id uuid,
  fingerprint text,
  payload text,
  attempts integer not null default 0,
  next_at timestamptz default now(),
  created_at timestamptz not null default now(),
  last_attempt_at timestamptz,
  abandoned_at timestamptz,
  last_problem text
);
alter table public.webhook_deliveries add column if not exists last_attempt_at timestamptz;
create index if not exists webhook_deliveries_due on public.webhook_deliveries (next_at) where next_at is not null;
create index if not exists webhook_deliveries_of_webhook on public.webhook_deliveries (webhook_id, created_at);

revoke all on private.site_tokens, private.changes from public, anon, authenticated, service_role;
alter table private.site_tokens enable row level security;
alter table private.changes enable row level security;

do $$
declare
  v_table text;
begin
  foreach v_table in array array['site_webhooks', 'webhook_deliveries'] loop
    execute format('revoke all on public.%I from public, anon, authenticated', v_table);
    execute format('grant select, insert, update, delete on public.%I to service_role', v_table);
    execute format('alter table public.%I enable row level security', v_table);
    execute format('drop policy if exists service_role_only on public.%I', v_table);
    execute format(
      'create policy service_role_only on public.%I to service_role using (true) with check (true)', v_table);
  end loop;
end
$$;

-- The site that a token opens, by the SHA-256 of the token in hex; null if there is none or it has expired. The caller
-- cannot choose a digest's first bytes, so that the time of the lookup tells nothing.
create or replace function public.site_of_token_v1(p_digest text) returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  if length(p_digest) is distinct from 64 or translate(p_digest, '0123456789abcdef', '') <> '' then
    return null;
  end if;
  return (
    select t.site_id from private.site_tokens t
    where t.digest = decode(p_digest, 'hex') and (t.expires_at is null or t.expires_at > now())
  );
end
$$;

grant select (site_id, digest, expires_at) on private.site_tokens to opsmantik_verifier;
drop policy if exists verifier_reads on private.site_tokens;
create policy verifier_reads on private.site_tokens for select to opsmantik_verifier using (true);
grant insert (who, change, site_id, detail) on private.changes to opsmantik_verifier;
drop policy if exists verifier_adds on private.changes;
create policy verifier_adds on private.changes for insert to opsmantik_verifier with check (true);

-- Queues the webhooks of calls that this transaction has recorded. Its argument is that of record_calls_v1: an id that
-- is not in the table belongs to a call that was recorded before, under another id.
create or replace function public.queue_webhooks_v1(p_calls json) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  insert into public.webhook_deliveries (webhook_id, call_id, fingerprint, payload)
  select w.id, c.id, c.fingerprint, json_build_object(
    'type', 'call.recorded',
    'timestamp', to_char(c.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'data', json_build_object(
      'call_id', c.id,
      'site_id', c.site_id,
      'occurred_at', to_char(c.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'status', case when c.session_id is null then 'unmatched' else 'matched' end,
      'session_id', c.session_id,
      'action', coalesce(c.intent_action, c.action),
      'target', coalesce(c.intent_target, c.phone_number),
      'page_url', coalesce(c.intent_page_url, c.url),
      'click_id', c.click_id,
      'gclid', c.gclid,
      'gbraid', c.gbraid,
      'wbraid', c.wbraid,
      'value', c.value
    )
  )::text
  from json_to_recordset(p_calls) as sent (id uuid, site_id uuid, event_id uuid)
  join public.site_webhooks w on w.site_id = sent.site_id and w.ended_at is null
  cross join lateral (
    select * from public.calls k
    where k.site_id = sent.site_id and k.kind = public.event_id_kind(sent.event_id)
      and k.event_id = sent.event_id and k.id = sent.id
    union all
    select * from public.calls k
    where sent.event_id is null and k.kind = 0 and k.event_id is null and k.id = sent.id
  ) c
  where c.marked is null;
end
$$;

-- Writes down what a reader of the console has changed. The service role can add to the log, and not read or change it.
create or replace function public.log_change_v1(p_who text, p_change text, p_site_id uuid, p_detail text) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
  insert into private.changes (who, change, site_id, detail) values (p_who, p_change, p_site_id, p_detail)
$$;

do $$
begin
  revoke all on function public.queue_webhooks_v1(json) from public, anon, authenticated;
  grant execute on function public.queue_webhooks_v1(json) to service_role;
  grant create on schema public to opsmantik_verifier;
  alter function public.site_of_token_v1(text) owner to opsmantik_verifier;
  revoke all on function public.site_of_token_v1(text) from public;
  grant execute on function public.site_of_token_v1(text) to anon, service_role;
  alter function public.log_change_v1(text, text, uuid, text) owner to opsmantik_verifier;
  revoke all on function public.log_change_v1(text, text, uuid, text) from public, anon, authenticated;
  grant execute on function public.log_change_v1(text, text, uuid, text) to service_role;
  revoke create on schema public from opsmantik_verifier;
end
$$;
