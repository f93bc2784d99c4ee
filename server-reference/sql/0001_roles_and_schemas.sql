-- Roles and schemas. Runs on PGlite, on Postgres 15 and up, and on Supabase, where the roles exist already.
-- Every file of this folder may be applied again without harm.

do $$
declare
  v_role text;
begin
  foreach v_role in array array['anon', 'authenticated', 'service_role'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = v_role) then
      begin
        execute format('create role %I nologin noinherit', v_role);
      exception when duplicate_object or unique_violation then
        null; -- another server created it a moment ago
      end;
    end if;

    -- The server speaks as these roles (`set role`), so its login must be a member. A superuser is one anyway.
    if not (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
      begin
        execute format('grant %I to current_user', v_role);
      exception when insufficient_privilege then
        null; -- already granted by whoever owns the role, or `set role` will say so
      end;
    end if;
  end loop;
end
$$;

-- What no client of the database may see.
create schema if not exists private;
revoke all on schema private from public;
revoke all on schema private from anon, authenticated, service_role;

grant usage on schema public to anon, authenticated, service_role;

-- pgcrypto is in `extensions` on Supabase; elsewhere it is wherever somebody has put it.
do $$
begin
  if not exists (select from pg_catalog.pg_extension where extname = 'pgcrypto') then
    create schema if not exists extensions;
    create extension if not exists pgcrypto with schema extensions;
  end if;
end
$$;
