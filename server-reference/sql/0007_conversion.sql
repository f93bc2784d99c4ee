-- Moves the rows of a database of an earlier version into the partitions, a range of pages in one transaction. Returns
-- how many rows moved; null if there is nothing to convert, or another process is at it.

create or replace function private.convert_calls(p_page bigint, p_pages integer) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  v_moved bigint;
begin
  if to_regclass('public.calls_unconverted') is null
    or not pg_try_advisory_xact_lock(hashtext('opsmantik conversion of calls'))
  then
    return null;
  end if;
  with moved as (
    delete from public.calls_unconverted
    where ctid >= format('(%s,0)', p_page)::tid and ctid < format('(%s,0)', p_page + p_pages)::tid
    returning *, to_timestamp(substring(intent_stamp from '^(\d{1,15})-')::numeric / 1000) as pressed_at
  ), keys as (
    insert into public.call_keys (site_id, replay_key, call_id, content_digest, created_at)
    select m.site_id, m.replay_key, m.id, m.content_digest, m.created_at from moved m
    where m.event_id is null and m.replay_key is not null and m.created_at > now() - interval '8 days'
    on conflict do nothing
  )
  insert into public.calls (
    id, site_id, kind, event_id, content_digest, endpoint, session_id, fingerprint, intent_action, intent_target,
    intent_stamp, intent_page_url, phone_number, action, url, ua, click_id, gclid, wbraid, gbraid, value,
    occurred_at, created_at
  )
  select m.id, m.site_id, public.event_id_kind(m.event_id), m.event_id, m.content_digest, m.endpoint, m.session_id,
    m.fingerprint, m.intent_action, m.intent_target, m.intent_stamp, m.intent_page_url, m.phone_number, m.action, m.url,
    m.ua, m.click_id, m.gclid, m.wbraid, m.gbraid, m.value,
    case when m.pressed_at between m.created_at - interval '8 days' and m.created_at + interval '60 seconds'
      then m.pressed_at else m.created_at end,
    m.created_at
  from moved m
  on conflict do nothing;
  get diagnostics v_moved = row_count;
  return v_moved;
end
$$;

create or replace function private.convert_sync_events(p_page bigint, p_pages integer) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  v_moved bigint;
begin
  if to_regclass('public.sync_events_unconverted') is null
    or not pg_try_advisory_xact_lock(hashtext('opsmantik conversion of sync_events'))
  then
    return null;
  end if;
  with moved as (
    delete from public.sync_events_unconverted
    where ctid >= format('(%s,0)', p_page)::tid and ctid < format('(%s,0)', p_page + p_pages)::tid
    returning *
  )
  insert into public.sync_events (
    id, site_id, kind, event_id, sid, month, category, action, label, value, page_url, referrer, fingerprint, meta,
    created_at
  )
  select m.id, m.site_id, public.event_id_kind(m.event_id), m.event_id, m.sid, m.month, m.category, m.action, m.label,
    m.value, m.page_url, m.referrer, m.fingerprint, m.meta, m.created_at
  from moved m
  on conflict do nothing;
  get diagnostics v_moved = row_count;
  return v_moved;
end
$$;

-- Drops a table whose rows have all moved. Returns false if it still has some.
create or replace function private.drop_converted(p_table text) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '2s' as $$
declare
  v_old constant text := p_table || '_unconverted';
  v_has_rows boolean;
begin
  if to_regclass(format('public.%I', v_old)) is null then
    return true;
  end if;
  execute format('lock table public.%I in access exclusive mode', v_old);
  execute format('select exists (select from public.%I)', v_old) into v_has_rows;
  if not v_has_rows then
    execute format('drop table public.%I', v_old);
  end if;
  return not v_has_rows;
end
$$;
