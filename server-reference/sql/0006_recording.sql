-- Recording calls and page events: one call for many, so that concurrent requests share a round trip. They run with the
-- rights of the caller, service_role. Each statement in them sees what others have committed meanwhile.

-- The session that a press belongs to: the newest that was seen in the 30 minutes before it; if there is none, the
-- first whose first page event arrived in the 30 minutes after it. At most the 100 newest sessions of a visitor are
-- looked at, so that nobody can make a call expensive.
create or replace function public.session_of_press_v1(p_site uuid, p_fingerprint text, p_at timestamptz)
returns setof text language sql stable as $$
  select s.sid
  from (
    select newest.*,
      newest.seen @> p_at
        or p_at between newest.last_seen_at and newest.last_seen_at + interval '30 minutes' as is_before
    from (
      select * from public.sessions
      where site_id = p_site and fingerprint = p_fingerprint
        and last_seen_at >= p_at - interval '30 minutes'
      order by last_seen_at desc
      limit 100
    ) newest
  ) s
  where s.is_before or s.first_seen_at between p_at and p_at + interval '30 minutes'
  order by s.is_before desc,
    case when s.is_before then least(s.last_seen_at, p_at) end desc,
    case when s.is_before then s.first_seen_at end desc,
    s.first_seen_at,
    s.id desc
  limit 1
$$;

-- Matches the waiting calls of these visitors, [{site_id, fingerprint}, ...], whose session is known by now.
create or replace function public.match_waiting_calls_v1(p_visitors json)
returns table (
  call_id uuid, site_id uuid, session_id text, endpoint text, action text, target text, page_url text,
  occurred_us double precision, recorded_us double precision
)
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  v_call record;
begin
  for v_call in
    with waiting as (
      select w.ctid as place, w.*
      from (
        select distinct sent.site_id, sent.fingerprint
        from json_to_recordset(p_visitors) as sent (site_id uuid, fingerprint text)
        -- Most have no session at all. One step down the index says so; their waiting calls, which may be many, are not
        -- read. A press of the last 30 minutes matches only a session that was seen within the hour.
        where (
          select true from public.sessions known
          where known.site_id = sent.site_id and known.fingerprint = sent.fingerprint
            and known.last_seen_at > now() - interval '1 hour'
          limit 1
        )
      ) visitor
      join public.unmatched_calls w
        on w.site_id = visitor.site_id and w.fingerprint = visitor.fingerprint
      where w.occurred_at > now() - interval '30 minutes'
      for update of w skip locked
    )
    select waiting.*, session.sid
    from waiting
    cross join lateral public.session_of_press_v1(waiting.site_id, waiting.fingerprint, waiting.occurred_at)
      as session (sid)
  loop
    return query
      update public.calls c set session_id = v_call.sid
      where c.site_id = v_call.site_id
        and c.kind = public.event_id_kind(v_call.event_id)
        and c.event_id is not distinct from v_call.event_id
        and c.id = v_call.call_id
        and c.session_id is null
      returning c.id, c.site_id, c.session_id, c.endpoint,
        coalesce(c.intent_action, c.action), coalesce(c.intent_target, c.phone_number),
        coalesce(c.intent_page_url, c.url),
        (extract(epoch from c.occurred_at) * 1000000)::double precision, (extract(epoch from c.created_at) * 1000000)::double precision;
    delete from public.unmatched_calls w where w.ctid = v_call.place;
  end loop;
end
$$;

-- Records calls and says of each, by its place in the list, what is in the table now. A call that is there already, or
-- twice in this list, is left alone: the unique indexes decide. The id comes from the caller, so that an inserted row is
-- told from its equal. Rows go in order of their key, so that two servers cannot wait for each other.
create or replace function public.record_calls_v1(p_calls json)
returns table (
  ord integer, call_id uuid, session_id text, inserted boolean, digest text, occurred_us double precision, recorded_us double precision
)
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  v_inserted integer;
  -- Calls of an earlier version that have not moved into the partitions yet.
  v_unconverted constant boolean := to_regclass('public.calls_unconverted') is not null;
  v_known uuid[] := '{}';
begin
  if v_unconverted then
    execute $f$
      select coalesce(array_agg(sent.id), '{}')
      from json_to_recordset($1) as sent (id uuid, site_id uuid, event_id uuid, replay_key text)
      -- With a limit, so that it is one step down an index for each row, however large the table is.
      cross join lateral (
        (select c.id from public.calls_unconverted c
          where c.site_id = sent.site_id and c.event_id = sent.event_id limit 1)
        union all
        (select c.id from public.calls_unconverted c
          where c.site_id = sent.site_id and c.replay_key = decode(sent.replay_key, 'hex') limit 1)
      ) earlier
    $f$ into v_known using p_calls;
  end if;

  return query
    with sent as materialized (
      select s.*, decode(s.replay_key, 'hex') as key, decode(s.digest, 'hex') as content_digest,
        public.event_id_kind(s.event_id) as kind,
        coalesce(to_timestamp(s.occurred_ms / 1000.0), now()) as occurred_at
      from rows from (
        json_to_recordset(p_calls) as (
          id uuid, site_id uuid, endpoint text, digest text, replay_key text, occurred_ms bigint,
          event_id uuid, fingerprint text, intent_action text, intent_target text, intent_stamp text,
          intent_page_url text, phone_number text, action text, url text, ua text, click_id text, gclid text,
          wbraid text, gbraid text, value numeric, marked text
        )
      ) with ordinality as s (
        id, site_id, endpoint, digest, replay_key, occurred_ms,
        event_id, fingerprint, intent_action, intent_target, intent_stamp, intent_page_url, phone_number, action, url,
        ua, click_id, gclid, wbraid, gbraid, value, marked, ord
      )
      where s.id <> all (v_known)
    ), keys as (
      insert into public.call_keys (site_id, replay_key, call_id, content_digest)
      select s.site_id, s.key, s.id, s.content_digest from sent s
      where s.event_id is null and s.key is not null
      order by s.site_id, s.key
      on conflict do nothing
      returning call_id
    ), recorded as (
      insert into public.calls (
        id, site_id, kind, event_id, content_digest, endpoint, session_id, fingerprint, intent_action, intent_target,
        intent_stamp, intent_page_url, phone_number, action, url, ua, click_id, gclid, wbraid, gbraid, value, marked,
        occurred_at
      )
      select s.id, s.site_id, s.kind, s.event_id, s.content_digest, s.endpoint, (
          select session.sid
          from public.session_of_press_v1(s.site_id, s.fingerprint, s.occurred_at) as session (sid)
        ), s.fingerprint, s.intent_action, s.intent_target,
        s.intent_stamp, s.intent_page_url, s.phone_number, s.action, s.url, s.ua, s.click_id, s.gclid, s.wbraid,
        s.gbraid, s.value, s.marked, s.occurred_at
      from sent s
      where (s.event_id is not null or s.key is null or s.id in (select k.call_id from keys k))
        -- One step down the index for each row, whatever the statistics were when this was planned.
        and (
          select r.source from public.removed_events r
          where r.site_id = s.site_id and r.event_id = s.event_id and r.source = 'calls'
        ) is null
      order by s.site_id, s.kind, s.event_id
      on conflict do nothing
      returning id, site_id, fingerprint, event_id, session_id, occurred_at, created_at
    ), waiting as (
      insert into public.unmatched_calls (call_id, site_id, fingerprint, event_id, occurred_at)
      select r.id, r.site_id, r.fingerprint, r.event_id, r.occurred_at from recorded r
      where r.session_id is null and r.occurred_at > now() - interval '30 minutes'
    )
    select s.ord::integer, r.id, r.session_id, true, s.digest,
      (extract(epoch from r.occurred_at) * 1000000)::double precision, (extract(epoch from r.created_at) * 1000000)::double precision
    from recorded r join sent s on s.id = r.id;
  get diagnostics v_inserted = row_count;
  -- In the call's own transaction, so that a webhook is owed for every call that was committed.
  if v_inserted > 0 and exists (select from public.site_webhooks) then
    perform public.queue_webhooks_v1(p_calls);
  end if;
  if v_inserted = json_array_length(p_calls) then
    return;
  end if;

  -- The rows that were there first. Those of the earlier version before the others: one that moves between the two
  -- statements is found twice, never not at all.
  if v_unconverted then
    return query execute $f$
      select sent.ord::integer, c.id, c.session_id, false, encode(c.content_digest, 'hex'),
        (extract(epoch from c.created_at) * 1000000)::double precision, (extract(epoch from c.created_at) * 1000000)::double precision
      from rows from (
        json_to_recordset($1) as (id uuid, site_id uuid, event_id uuid, replay_key text)
      ) with ordinality as sent (id, site_id, event_id, replay_key, ord)
      cross join lateral (
        (select c.* from public.calls_unconverted c
          where c.site_id = sent.site_id and c.event_id = sent.event_id limit 1)
        union all
        (select c.* from public.calls_unconverted c
          where c.site_id = sent.site_id and c.replay_key = decode(sent.replay_key, 'hex') limit 1)
      ) c
      where sent.id = any ($2)
    $f$ using p_calls, v_known;
  end if;
  return query
    select sent.ord::integer, found.id, found.session_id, false, encode(found.content_digest, 'hex'),
      (extract(epoch from found.occurred_at) * 1000000)::double precision, (extract(epoch from found.created_at) * 1000000)::double precision
    from rows from (
      json_to_recordset(p_calls) as (id uuid, site_id uuid, event_id uuid, replay_key text)
    ) with ordinality as sent (id, site_id, event_id, replay_key, ord)
    cross join lateral (
      select c.id, c.session_id, c.content_digest, c.occurred_at, c.created_at
      from public.calls c
      where c.site_id = sent.site_id and c.kind = public.event_id_kind(sent.event_id) and c.event_id = sent.event_id
      union all
      select k.call_id, null, k.content_digest, k.created_at, k.created_at
      from public.call_keys k
      where sent.event_id is null and k.site_id = sent.site_id and k.replay_key = decode(sent.replay_key, 'hex')
      union all
      select r.call_id, null, null, r.removed_at, r.removed_at
      from public.removed_events r
      where r.site_id = sent.site_id and r.event_id = sent.event_id and r.source = 'calls'
      limit 1
    ) found
    where found.id <> sent.id;
end
$$;

-- Records page events and their sessions, all or nothing, and matches the calls that waited for them. Only events that
-- are new touch a session: a retry that comes an hour later has not been on the page.
create or replace function public.record_sync_v1(p_events json)
returns table (
  call_id uuid, site_id uuid, session_id text, endpoint text, action text, target text, page_url text,
  occurred_us double precision, recorded_us double precision
)
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  v_visitors json;
  v_known uuid[] := '{}';
begin
  if to_regclass('public.sync_events_unconverted') is not null then
    execute $f$
      select coalesce(array_agg(sent.id), '{}')
      from json_to_recordset($1) as sent (id uuid, site_id uuid, event_id uuid)
      cross join lateral (
        select e.id from public.sync_events_unconverted e
        where e.site_id = sent.site_id and e.event_id = sent.event_id limit 1
      ) earlier
    $f$ into v_known using p_events;
  end if;

  with sent as materialized (
    select s.*, public.event_id_kind(s.event_id) as kind
    from rows from (
      json_to_recordset(p_events) as (
        id uuid, site_id uuid, event_id uuid, sid text, month date, category text, action text, label text,
        value numeric, page_url text, referrer text, fingerprint text, meta jsonb
      )
    ) with ordinality as s (
      id, site_id, event_id, sid, month, category, action, label, value, page_url, referrer, fingerprint, meta, ord
    )
    where s.id <> all (v_known)
  ), recorded as (
    insert into public.sync_events (
      id, site_id, kind, event_id, sid, month, category, action, label, value, page_url, referrer, fingerprint, meta
    )
    select s.id, s.site_id, s.kind, s.event_id, s.sid, s.month, s.category, s.action, s.label, s.value, s.page_url,
      s.referrer, s.fingerprint, s.meta
    from sent s
    where (
        select r.source from public.removed_events r
        where r.site_id = s.site_id and r.event_id = s.event_id and r.source = 'sync_events'
      ) is null
    order by s.site_id, s.kind, s.event_id
    on conflict do nothing
    returning id
  ), fresh as (
    select s.* from sent s join recorded r on r.id = s.id
  ), visited as (
    insert into public.sessions as known (site_id, sid, month, fingerprint, entry_url, referrer, seen)
    select f.site_id, f.sid, min(f.month),
      (array_agg(f.fingerprint order by f.ord desc) filter (where f.fingerprint is not null))[1],
      (array_agg(f.page_url order by f.ord))[1],
      (array_agg(f.referrer order by f.ord))[1],
      tstzmultirange(tstzrange(now(), now() + interval '30 minutes', '[]'))
    from fresh f
    group by f.site_id, f.sid
    order by f.site_id, f.sid
    on conflict (site_id, sid) do update set
      last_seen_at = now(),
      fingerprint = coalesce(excluded.fingerprint, known.fingerprint),
      seen = (
          known.seen + excluded.seen
          + tstzmultirange(tstzrange(known.last_seen_at, known.last_seen_at + interval '30 minutes', '[]'))
        ) * tstzmultirange(tstzrange(now() - interval '9 days', null))
  )
  select json_agg(json_build_object('site_id', f.site_id, 'fingerprint', f.fingerprint)) into v_visitors
  from fresh f
  where f.fingerprint is not null
    and exists (
      select from public.unmatched_calls w where w.site_id = f.site_id and w.fingerprint = f.fingerprint
    );

  if v_visitors is not null then
    return query select * from public.match_waiting_calls_v1(v_visitors);
  end if;
end
$$;

do $$
declare
  v_function text;
begin
  foreach v_function in array array[
    'public.session_of_press_v1(uuid, text, timestamptz)',
    'public.match_waiting_calls_v1(json)',
    'public.record_calls_v1(json)',
    'public.record_sync_v1(json)'
  ] loop
    execute format('revoke all on function %s from public, anon, authenticated', v_function);
    execute format('grant execute on function %s to service_role', v_function);
  end loop;
end
$$;
