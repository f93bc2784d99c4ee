-- Site identifiers and signatures (contract, section 3). Only a boolean or a site's id ever leaves these functions.

-- SHA-256 of the HMAC-SHA256 of a message under a secret. pgcrypto's `hmac` is called by its full name, because the
-- functions below pin an empty search_path.
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
end
$$;

-- Earlier editions of this file had these.
drop function if exists public.verify_call_event_signature_text_v1(text, text, text, text);
drop function if exists private.signature_matches(text, text, text, text);
drop function if exists private.hmac_sha256(bytea, bytea);

-- The helpers in `private` pin nothing themselves: a SET clause costs time on each call and forbids inlining. They
-- run only inside the definer functions below, which do.

-- A site's UUID, with or without dashes, or its public id; either case. Null when there is no such site.
-- Where one site's public id reads like another's UUID, the UUID wins. No regular expressions here and below: they
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
language plpgsql stable security definer set search_path = '' as $$
begin
  return private.find_site(p_identifier);
end
$$;

-- Verifies many claims in one call, because concurrent requests share a statement: [{site, ts, body, signature}, ...].
-- A row for each, in their order: the site that signed, or null.
--
-- `ts` is the characters that were sent: `01763670000` is signed with its zero. The message is made with convert_to: a
-- cast to bytea would read the backslashes of JSON escapes. Digests of both sides are compared, so that time tells
-- nothing about a common prefix. Both secrets are always tried, and an unknown site costs the same two HMACs.
create or replace function public.verify_call_event_signatures_v1(p_claims json) returns setof uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  c_nobody constant text := 'no site has this secret: it only takes time';
  v_now constant bigint := floor(extract(epoch from clock_timestamp()));
begin
  return query
  select case
    when signer.current_secret is not null and tried.current_matches
      or signer.next_secret is not null and tried.next_matches
    then signer.site_id
  end
  from rows from (
    json_to_recordset(p_claims) as (site text, ts text, body text, signature text)
  ) with ordinality as claim (site, ts, body, signature, ord)

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

  left join lateral (
    select s.site_id, s.current_secret, s.next_secret
    from private.site_secrets s
    where v_now - form.ts between -60 and 300
      and s.site_id = private.find_site(claim.site)
  ) signer on true

  left join lateral (
    select
      private.hmac_digest(form.message, coalesce(signer.current_secret, c_nobody))
        = form.signature_digest as current_matches,
      private.hmac_digest(form.message, coalesce(signer.next_secret, c_nobody))
        = form.signature_digest as next_matches
    offset 0 -- both of them, whatever the first one says
  ) tried on true

  order by claim.ord;
end
$$;

-- The contract's function: one claim, and only whether it holds.
create or replace function public.verify_call_event_signature_v1(
  p_site_public_id text, p_ts bigint, p_raw_body text, p_signature text
) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
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

do $$
declare
  v_function text;
begin
  foreach v_function in array array[
    'public.resolve_site_identifier_v1(text)',
    'public.verify_call_event_signature_v1(text, bigint, text, text)',
    'public.verify_call_event_signatures_v1(json)'
  ] loop
    execute format('revoke all on function %s from public', v_function);
    execute format('grant execute on function %s to anon, authenticated, service_role', v_function);
  end loop;
end
$$;
