-- Site identifiers and signatures (contract, section 3). Only a boolean or a site's id ever leaves these functions.

-- `hmac` is called by its full name, because the functions below pin an empty search_path.
do $$
declare
  v_schema text;
begin
  select n.nspname into strict v_schema
  from pg_catalog.pg_extension e
  join pg_catalog.pg_namespace n on n.oid = e.extnamespace
  where e.extname = 'pgcrypto';

  execute format($f$
    create or replace function private.hmac_sha256(p_message bytea, p_key bytea) returns bytea
    language sql immutable as $body$ select %I.hmac(p_message, p_key, 'sha256'::text) $body$
  $f$, v_schema);
end
$$;

-- The helpers in `private` pin nothing themselves: a SET clause costs time on each call and forbids inlining. They
-- run only inside the definer functions below, which do.

-- A site's UUID, with or without dashes, or its public id; either case. Null when there is no such site.
-- Where one site's public id reads like another's UUID, the UUID wins.
create or replace function private.find_site(p_identifier text) returns uuid
language plpgsql stable as $$
declare
  v_hex text;
  v_site uuid;
begin
  if p_identifier is null
    or p_identifier !~ '^[0-9A-Fa-f]{8}-?([0-9A-Fa-f]{4}-?){3}[0-9A-Fa-f]{12}$'
  then
    return null;
  end if;
  v_hex := lower(replace(p_identifier, '-', ''));
  select s.id into v_site from public.sites s where s.id = v_hex::uuid;
  if v_site is null then
    select s.id into v_site from public.sites s where s.public_id = v_hex;
  end if;
  return v_site;
end
$$;

create or replace function public.resolve_site_identifier_v1(p_identifier text) returns uuid
language sql stable security definer set search_path = '' as $$
  select private.find_site(p_identifier)
$$;

-- One secret, one signature. The message is made with convert_to: a cast to bytea would read the backslashes of
-- JSON escapes. Digests of both sides are compared, so that time tells nothing about a common prefix.
create or replace function private.signature_matches(
  p_secret text, p_ts text, p_raw_body text, p_signature text
) returns boolean
language sql immutable as $$
  select sha256(private.hmac_sha256(
           convert_to(p_ts || '.' || p_raw_body, 'UTF8'), convert_to(p_secret, 'UTF8')))
       = sha256(decode(lower(p_signature), 'hex'))
$$;

-- The verifier, with the timestamp as the characters that were sent: `01763670000` is signed with its zero.
-- Both secrets are always tried, and an unknown site costs the same two HMACs as a known one.
create or replace function public.verify_call_event_signature_text_v1(
  p_site_public_id text, p_ts text, p_raw_body text, p_signature text
) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  c_nobody constant text := 'no site has this secret: it only takes time';
  v_age bigint;
  v_current text;
  v_next text;
  v_current_matches boolean;
  v_next_matches boolean;
begin
  if p_site_public_id is null or p_raw_body is null
    or p_ts is null or p_ts !~ '^[0-9]{9,12}$'
    or p_signature is null or p_signature !~ '^[0-9A-Fa-f]{64}$'
  then
    return false;
  end if;

  v_age := floor(extract(epoch from clock_timestamp()))::bigint - p_ts::bigint;
  if v_age > 300 or v_age < -60 then
    return false;
  end if;

  select s.current_secret, s.next_secret into v_current, v_next
  from private.site_secrets s
  where s.site_id = private.find_site(p_site_public_id);

  v_current_matches :=
    private.signature_matches(coalesce(v_current, c_nobody), p_ts, p_raw_body, p_signature);
  v_next_matches :=
    private.signature_matches(coalesce(v_next, c_nobody), p_ts, p_raw_body, p_signature);

  return (v_current is not null and v_current_matches) or (v_next is not null and v_next_matches);
end
$$;

-- The contract's function. It has a name of its own beside the one above: PostgREST cannot choose between
-- two functions that differ only in an argument's type.
create or replace function public.verify_call_event_signature_v1(
  p_site_public_id text, p_ts bigint, p_raw_body text, p_signature text
) returns boolean
language sql volatile security definer set search_path = '' as $$
  select public.verify_call_event_signature_text_v1(
    p_site_public_id, p_ts::text, p_raw_body, p_signature)
$$;

revoke all on all functions in schema private from public, anon, authenticated, service_role;

do $$
declare
  v_function text;
begin
  foreach v_function in array array[
    'public.resolve_site_identifier_v1(text)',
    'public.verify_call_event_signature_v1(text, bigint, text, text)',
    'public.verify_call_event_signature_text_v1(text, text, text, text)'
  ] loop
    execute format('revoke all on function %s from public', v_function);
    execute format('grant execute on function %s to anon, authenticated, service_role', v_function);
  end loop;
end
$$;
