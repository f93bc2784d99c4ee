-- Sites and their secrets.

create table if not exists public.sites (
  id uuid primary key default gen_random_uuid(),
  public_id text not null default replace(gen_random_uuid()::text, '-', ''),
  name text,
  created_at timestamptz not null default now(),
  constraint sites_public_id_key unique (public_id),
  constraint sites_public_id_is_32_hex check (public_id ~ '^[0-9a-f]{32}$')
);

create table if not exists private.site_secrets (
  site_id uuid primary key references public.sites (id) on delete cascade,
  current_secret text not null,
  next_secret text,
  updated_at timestamptz not null default now(),
  constraint current_secret_is_long_enough check (char_length(current_secret) >= 16),
  constraint next_secret_is_long_enough check (char_length(next_secret) >= 16)
);

-- Supabase grants new tables to everybody by default privileges: take that back.
revoke all on public.sites from public, anon, authenticated;
revoke all on private.site_secrets from public, anon, authenticated, service_role;
grant select, insert, update, delete on public.sites to service_role;

alter table public.sites enable row level security;
alter table private.site_secrets enable row level security;

drop policy if exists service_role_only on public.sites;
create policy service_role_only on public.sites to service_role using (true) with check (true);
