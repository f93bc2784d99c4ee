-- Months of version 7 ids: creating them ahead, and dropping them. Each function is one transaction, so a process that
-- is killed in the middle leaves nothing half done. They run as the owner of the tables.
--
-- Below <table>_7 lie <table>_7_before (older ids than the first month), a partition for each month without a gap, and
-- <table>_7_ahead (newer ids than the last month: a visitor's clock may be wrong by years). So every id has a place,
-- and neither of the two ends can stand in the way of a month: what belongs into it is moved in the same transaction.

-- The smallest id of version 7 of a month.
create or replace function private.month_floor(p_month date) returns uuid
language sql immutable as $$
  select (lpad(to_hex((extract(epoch from p_month::timestamp) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

create or replace function private.months(p_table text) returns setof date
language sql stable as $$
  select to_date(right(child.relname, 7), 'YYYY_MM')
  from pg_catalog.pg_inherits i
  join pg_catalog.pg_class child on child.oid = i.inhrelid
  where i.inhparent = to_regclass(format('private.%I', p_table || '_7'))
    and child.relname ~ '_7_\d{4}_\d{2}$'
$$;

-- Creates what is missing up to the month after the next one. Writers wait at the parent meanwhile, some milliseconds.
create or replace function private.create_months(p_table text, p_ahead integer default 2) returns integer
language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '2s' set timezone = 'UTC' as $$
declare
  v_last constant date := date_trunc('month', now())::date + make_interval(months => p_ahead);
  v_ahead constant text := p_table || '_7_ahead';
  v_aside constant text := p_table || '_aside';
  v_month date;
  v_created integer := 0;
begin
  if exists (select from private.months(p_table) as m (month) where m.month >= v_last) then
    return 0;
  end if;
  execute format('lock table public.%I in access exclusive mode', p_table);
  select max(m.month) + interval '1 month' into v_month from private.months(p_table) as m (month);
  if v_month > v_last then
    return 0; -- another process was first
  end if;

  if v_month is null then
    -- A client keeps an event for seven days.
    v_month := date_trunc('month', now() - interval '8 days')::date;
    execute format('create table private.%I partition of private.%I for values from (minvalue) to (%L)',
      p_table || '_7_before', p_table || '_7', private.month_floor(v_month));
  else
    execute format('create table private.%I as table private.%I', v_aside, v_ahead);
    execute format('drop table private.%I', v_ahead);
  end if;
  while v_month <= v_last loop
    execute format('create table private.%I partition of private.%I for values from (%L) to (%L)',
      p_table || '_7_' || to_char(v_month, 'YYYY_MM'), p_table || '_7',
      private.month_floor(v_month), private.month_floor((v_month + interval '1 month')::date));
    v_month := v_month + interval '1 month';
    v_created := v_created + 1;
  end loop;
  execute format('create table private.%I partition of private.%I for values from (%L) to (maxvalue)',
    v_ahead, p_table || '_7', private.month_floor(v_month));
  if to_regclass(format('private.%I', v_aside)) is not null then
    execute format('insert into public.%I select * from private.%I', p_table, v_aside);
    execute format('drop table private.%I', v_aside);
  end if;
  return v_created;
end
$$;

-- Drops the oldest month. What arrived after the cutoff moves into <table>_7_before, which then reaches up to the next
-- month. The tombstones of the rest were written before (private.bury_pages).
create or replace function private.drop_month(p_table text, p_month date, p_cutoff timestamptz) returns void
language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '2s' set timezone = 'UTC' as $$
declare
  v_before constant text := p_table || '_7_before';
  v_aside constant text := p_table || '_aside';
  v_partition constant text := p_table || '_7_' || to_char(p_month, 'YYYY_MM');
  v_next constant date := p_month + interval '1 month';
begin
  execute format('lock table public.%I in access exclusive mode', p_table);
  if to_regclass(format('private.%I', v_partition)) is null then
    return; -- another process was first
  end if;
  if p_month <> (select min(m.month) from private.months(p_table) as m (month))
    or p_cutoff < v_next or p_cutoff > now() - interval '8 days'
  then
    raise exception 'private.drop_month: % of % is not to be dropped with a cutoff of %', p_month, p_table, p_cutoff;
  end if;
  execute format(
    'create table private.%I as table private.%I union all select * from private.%I where created_at >= %L',
    v_aside, v_before, v_partition, p_cutoff);
  execute format('drop table private.%I', v_before);
  execute format('drop table private.%I', v_partition);
  execute format('create table private.%I partition of private.%I for values from (minvalue) to (%L)',
    v_before, p_table || '_7', private.month_floor(v_next));
  execute format('insert into public.%I select * from private.%I', p_table, v_aside);
  execute format('drop table private.%I', v_aside);
end
$$;

-- Writes the tombstones of a partition's events that arrived before the cutoff, for a range of its pages.
create or replace function private.bury_pages(
  p_table text, p_partition text, p_page bigint, p_pages integer, p_cutoff timestamptz
) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  execute format(
    'insert into public.removed_events as known (site_id, event_id, source, call_id)
    select site_id, event_id, %L, %s from private.%I
    where ctid >= %L and ctid < %L and created_at < %L and event_id is not null
    order by site_id, event_id
    on conflict (site_id, event_id, source) do update set removed_at = now()',
    p_table, case p_table when 'calls' then 'id' else 'null' end, p_partition,
    format('(%s,0)', p_page), format('(%s,0)', p_page + p_pages), p_cutoff);
end
$$;

-- Deletes what is past the cutoff from a range of a table's pages.
create or replace function private.remove_pages(
  p_schema text, p_partition text, p_column text, p_page bigint, p_pages integer, p_cutoff timestamptz
) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  v_removed bigint;
begin
  execute format('delete from %I.%I where ctid >= %L and ctid < %L and %I < %L',
    p_schema, p_partition, format('(%s,0)', p_page), format('(%s,0)', p_page + p_pages), p_column, p_cutoff);
  get diagnostics v_removed = row_count;
  return v_removed;
end
$$;

create or replace function private.pages(p_schema text, p_table text) returns bigint
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_table constant regclass := to_regclass(format('%I.%I', p_schema, p_table));
begin
  if v_table is null then
    return null;
  end if;
  return pg_relation_size(v_table) / current_setting('block_size')::bigint;
end
$$;

-- When each piece of upkeep was done last, by whichever process.
create table if not exists private.upkeep (
  name text primary key,
  done_at timestamptz not null
);

select private.create_months('calls'), private.create_months('sync_events');
