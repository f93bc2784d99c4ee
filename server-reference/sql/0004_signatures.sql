-- Site identifiers and signatures (contract, section 3). Only a boolean or a site's id ever leaves these functions.

-- Who the functions below run as. It owns them and nothing else, and reads what they need of two tables: an attack that
-- makes one of them run foreign code gains no more than that.
do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'opsmantik_verifier') then
    begin
      create role opsmantik_verifier nologin noinherit;
    exception when duplicate_object or unique_violation then
      null; -- another server created it a moment ago
    end;
  end if;
  -- Only a member may make it the owner of a function, and replace that function later. One that is a member already need
  -- not be allowed to grant it: since Postgres 16 only its creator is, and an administrator may have created it.
  if not (select rolsuper from pg_catalog.pg_roles where rolname = current_user)
    and not pg_catalog.pg_has_role(
      current_user, 'opsmantik_verifier',
      case when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER' end)
  then
    execute format(
      case when current_setting('server_version_num')::integer >= 160000
        then 'grant opsmantik_verifier to %I with inherit true, set true'
        else 'grant opsmantik_verifier to %I'
      end, current_user);
  end if;
end
$$;

revoke all on schema public, private from opsmantik_verifier;
grant usage on schema public, private to opsmantik_verifier;
revoke all on public.sites, private.site_secrets from opsmantik_verifier;
grant select (id, public_id) on public.sites to opsmantik_verifier;
grant select (site_id, current_secret, next_secret) on private.site_secrets to opsmantik_verifier;

drop policy if exists verifier_reads on public.sites;
create policy verifier_reads on public.sites for select to opsmantik_verifier using (true);
drop policy if exists verifier_reads on private.site_secrets;
create policy verifier_reads on private.site_secrets for select to opsmantik_verifier using (true);

-- SHA-256 of the HMAC-SHA256 of a message under a secret. pgcrypto's `hmac` is called by its full name, because the
-- functions below pin their search_path.
do $$
declare
  v_schema text;
begin
  select n.nspname into strict v_schema
  from pg_catalog.pg_extension e
  join pg_catalog.pg_namespace n on n.oid = e.extnamespace
  where e.extname = 'pgcrypto';

  execute format($f$
    create or replace function private.hmac_digest(p_message bytea, p_secret text) returns bytea
    language sql immutable as $body$
      select sha256(%I.hmac(p_message, convert_to(p_secret, 'UTF8'), 'sha256'::text))
    $body$
  $f$, v_schema);
  begin
    execute format('grant usage on schema %I to opsmantik_verifier', v_schema);
  exception when insufficient_privilege then
    null; -- somebody else's schema; it is open to everybody there (Supabase)
  end;
end
$$;

-- Earlier editions of this file had these.
drop function if exists public.verify_call_event_signature_text_v1(text, text, text, text);
drop function if exists private.signature_matches(text, text, text, text);
drop function if exists private.hmac_sha256(bytea, bytea);

-- The search_path of every definer function is `pg_catalog, pg_temp`. An empty one is not enough: Postgres then looks
-- for types in the caller's temporary schema first, and a domain named `text` with a check of the caller's own runs that
-- check as the definer (CVE-2018-1058 describes the class; CREATE FUNCTION, "Writing SECURITY DEFINER Functions Safely").
--
-- The helpers in `private` pin nothing themselves: a SET clause costs time on each call and forbids inlining. They
-- run only inside the definer functions below, which do.

-- A site's UUID, with or without dashes, or its public id; either case. Null when there is no such site.
-- If one site's public id reads like another's UUID, the UUID wins. No regular expressions here and below: they
-- were a third of a verification's time.
create or replace function private.find_site(p_identifier text) returns uuid
language plpgsql stable as $$
declare
  v_hex constant text := lower(replace(p_identifier, '-', ''));
  v_site uuid;
begin
  if length(v_hex) is distinct from 32
    or translate(v_hex, '0123456789abcdef', '') <> ''
  then
    return null;
  end if;
  select s.id into v_site from public.sites s where s.id = v_hex::uuid;
  if v_site is null then
    select s.id into v_site from public.sites s where s.public_id = v_hex;
  end if;
  return v_site;
end
$$;

create or replace function public.resolve_site_identifier_v1(p_identifier text) returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return private.find_site(p_identifier);
end
$$;

-- Verifies many claims in one call, because concurrent requests share a statement: [{site, ts, body, signature}, ...].
-- A row for each, in their order: the site that signed, or null.
--
-- `ts` is the characters that were sent: `01763670000` is signed with its zero. The message is made with convert_to: a
-- cast to bytea would read the backslashes of JSON escapes. Digests of both sides are compared, so that time tells
-- nothing about a common prefix. Both secrets are always tried, and an unknown site costs the same two HMACs. Each
-- distinct site is looked up once for all its claims.
--
-- The window is 30 s wider at both ends than the API's (contract section 3): the API's clock decides, and a request
-- that grows old on its way here is not reported as a wrong signature.
create or replace function public.verify_call_event_signatures_v1(p_claims json) returns setof uuid
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  c_nobody constant text := 'no site has this secret: it only takes time';
  v_now constant bigint := floor(extract(epoch from clock_timestamp()));
begin
  return query
  with claim as materialized (
    select *
    from rows from (
      json_to_recordset(p_claims) as (site text, ts text, body text, signature text)
    ) with ordinality as sent (site, ts, body, signature, ord)
  ),
  asked as materialized (
    select distinct_site.site, private.find_site(distinct_site.site) as site_id
    from (select distinct c.site from claim c) as distinct_site
  ),
  signer as materialized (
    select a.site, found.site_id, found.current_secret, found.next_secret
    from asked a
    -- One step down the index for each: a join might read every site's secrets.
    cross join lateral (
      select s.site_id, s.current_secret, s.next_secret
      from private.site_secrets s
      where s.site_id = a.site_id
      offset 0
    ) found
  ),
  -- Materialized: both HMACs are computed for every claim, whatever the other columns say.
  tried as materialized (
    select
      claim.ord,
      signer.site_id,
      v_now - form.ts between -90 and 330 as is_in_time,
      signer.current_secret is not null as has_current,
      signer.next_secret is not null as has_next,
      private.hmac_digest(form.message, coalesce(signer.current_secret, c_nobody))
        = form.signature_digest as current_matches,
      private.hmac_digest(form.message, coalesce(signer.next_secret, c_nobody))
        = form.signature_digest as next_matches
    from claim
    -- Well formed, or no row: then what follows is null.
    left join lateral (
      select
        claim.ts::bigint as ts,
        convert_to(claim.ts || '.' || claim.body, 'UTF8') as message,
        sha256(decode(claim.signature, 'hex')) as signature_digest
      where claim.body is not null
        and length(claim.ts) between 9 and 12
        and translate(claim.ts, '0123456789', '') = ''
        and length(claim.signature) = 64
        and translate(claim.signature, '0123456789abcdefABCDEF', '') = ''
      offset 0 -- computed once
    ) form on true
    left join signer on signer.site = claim.site
  )
  select case
    when t.is_in_time and (t.has_current and t.current_matches or t.has_next and t.next_matches)
    then t.site_id
  end
  from tried t
  order by t.ord;
end
$$;

-- The contract's function: one claim, and only whether it holds.
create or replace function public.verify_call_event_signature_v1(
  p_site_public_id text, p_ts bigint, p_raw_body text, p_signature text
) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  return exists (
    select from public.verify_call_event_signatures_v1(json_build_array(json_build_object(
      'site', p_site_public_id, 'ts', p_ts::text, 'body', p_raw_body, 'signature', p_signature
    ))) as signer (site_id)
    where signer.site_id is not null
  );
end
$$;

revoke all on all functions in schema private from public, anon, authenticated, service_role;
grant execute on function private.find_site(text), private.hmac_digest(bytea, text) to opsmantik_verifier;

do $$
declare
  v_function text;
begin
  -- A new owner must be allowed to create in the schema, at that moment only.
  grant create on schema public to opsmantik_verifier;
  foreach v_function in array array[
    'public.resolve_site_identifier_v1(text)',
    'public.verify_call_event_signature_v1(text, bigint, text, text)',
    'public.verify_call_event_signatures_v1(json)'
  ] loop
    execute format('alter function %s owner to opsmantik_verifier', v_function);
    execute format('revoke all on function %s from public', v_function);
    execute format('grant execute on function %s to anon, authenticated, service_role', v_function);
  end loop;
  revoke create on schema public from opsmantik_verifier;
end
$$;
