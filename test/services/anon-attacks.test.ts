import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Client } from 'pg'
import { openServerDatabase } from '../../server-reference/src/store/server-database.js'
import { withTestSites } from '../../server-reference/src/testing/database.js'
import { SITE, signed } from '../../server-reference/src/testing/sign.js'
import { startPostgres } from './postgres.mjs'

// An attacker with a login that is a member of `anon` only, and who runs arbitrary SQL.

let postgres: Awaited<ReturnType<typeof startPostgres>>
beforeAll(async () => {
  postgres = await startPostgres()
  const root = await connect(postgres.url())
  await root.query('create role attacker login; create role supabase_owner login createrole')
  await root.end()
})
afterAll(() => postgres.stop())

const connect = async (url: string): Promise<Client> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  return client
}

/** A database with the server's tables and two sites; the attacker may log in. */
const prepare = async (owner: string): Promise<string> => {
  const name = `t_${randomUUID().replaceAll('-', '')}`
  const root = await connect(postgres.url())
  await root.query(`create database ${name} owner ${owner}`)
  await root.end()
  const inside = await connect(postgres.url(name))
  if (owner !== 'postgres')
    // As on Supabase: pgcrypto is in a separate schema, and new functions and tables are granted to all roles.
    await inside.query(`
      create schema extensions;
      create extension pgcrypto with schema extensions;
      grant usage on schema extensions to public;
      alter schema public owner to ${owner};
      alter default privileges for role ${owner} in schema public
        grant all on tables to anon, authenticated, service_role;
      alter default privileges for role ${owner} in schema public
        grant all on functions to anon, authenticated, service_role;`)
  const { database } = await withTestSites(
    await openServerDatabase(postgres.url(name).replace('postgres@', `${owner}@`)),
  )
  await database.close()
  await inside.query('grant anon to attacker')
  await inside.end()
  return postgres.url(name).replace('postgres@', 'attacker@')
}

/** Types that the functions' bodies name or use. */
const TYPES = ['text', 'uuid', 'json', 'bytea', 'int8', 'bigint', 'bool', 'record', 'timestamptz']

/** A function that says who ran it, and uses that to read a secret. */
const SPY = `
  create function pg_temp.spy() returns boolean language plpgsql as $$
  begin
    perform pg_catalog.set_config('spy.ran_as', current_user, false);
    perform pg_catalog.set_config('spy.secret',
      (select current_secret from private.site_secrets limit 1), false);
    return true;
  exception when insufficient_privilege then return true;
  end $$;`

const CALLS = [
  `select public.resolve_site_identifier_v1('${SITE.publicId}')`,
  `select public.resolve_site_identifier_v1('${SITE.id}')`,
  `select public.verify_call_event_signature_v1('${SITE.id}', 1763670000, '{}', '${'ab'.repeat(32)}')`,
  `select * from public.verify_call_event_signatures_v1(
    '[{"site":"${SITE.id}","ts":"1763670000","body":"{}","signature":"${'ab'.repeat(32)}"}]')`,
]

describe.each([['a superuser'], ['a Supabase-like owner']])('owned by %s', (kind) => {
  let url: string
  let attacker: Client
  beforeAll(async () => {
    if (kind !== 'a superuser') {
      const root = await connect(postgres.url())
      await root.query('grant anon, authenticated, service_role to supabase_owner')
      // Created by the first database's superuser; on Supabase the operator of the cluster grants it to the owner.
      await root.query('grant opsmantik_verifier to supabase_owner')
      await root.end()
    }
    url = await prepare(kind === 'a superuser' ? 'postgres' : 'supabase_owner')
  })
  const asAttacker = (name: string, work: () => Promise<void>): void =>
    it(name, async () => {
      attacker = await connect(url)
      try {
        await attacker.query('set role anon')
        await work()
      } finally {
        await attacker.end()
      }
    })
  const callEverything = async (): Promise<void> => {
    for (const call of CALLS) await attacker.query(call)
    const { rows } = await attacker.query(
      "select current_setting('spy.ran_as', true) as ran_as, current_setting('spy.secret', true) as secret",
    )
    expect([null, '', 'anon', 'attacker']).toContain(rows[0].ran_as)
    expect(rows[0].secret ?? '').toBe('')
  }

  asAttacker('a temporary domain in the name of a type does not run as the definer', async () => {
    await attacker.query(SPY)
    for (const type of TYPES.filter((name) => name !== 'record'))
      await attacker.query(`create domain pg_temp.${type} as pg_catalog.${type === 'bigint' ? 'int8' : type}
        check (pg_temp.spy())`)
    for (const path of ["''", 'pg_temp', 'pg_temp, pg_catalog', 'pg_temp, public, pg_catalog']) {
      await attacker.query(`set search_path = ${path}`)
      await callEverything()
    }
  })

  asAttacker('temporary functions, operators, casts and tables do not either', async () => {
    await attacker.query(SPY)
    await attacker.query(`
      create function pg_temp.lower(text) returns text language sql as $$ select case when pg_temp.spy() then $1 end $$;
      create function pg_temp.replace(text, text, text) returns text language sql
        as $$ select case when pg_temp.spy() then $1 end $$;
      create function pg_temp.sha256(bytea) returns bytea language sql
        as $$ select case when pg_temp.spy() then $1 end $$;
      create function pg_temp.equal(uuid, uuid) returns boolean language sql as $$ select pg_temp.spy() $$;
      create operator pg_temp.= (leftarg = uuid, rightarg = uuid, function = pg_temp.equal);
      create function pg_temp.equal(bytea, bytea) returns boolean language sql as $$ select pg_temp.spy() $$;
      create operator pg_temp.= (leftarg = bytea, rightarg = bytea, function = pg_temp.equal);
      create type pg_temp.odd as (x integer);
      create function pg_temp.as_text(pg_temp.odd) returns text language sql
        as $$ select case when pg_temp.spy() then 'x' end $$;
      create cast (pg_temp.odd as text) with function pg_temp.as_text(pg_temp.odd) as implicit;
      create temp table sites (id uuid, public_id text);
      create temp table site_secrets (site_id uuid, current_secret text, next_secret text);`)
    await attacker.query('set search_path = pg_temp, pg_catalog')
    await callEverything()
    await attacker.query('select public.resolve_site_identifier_v1(row(1)::pg_temp.odd)')
    await callEverything()
  })

  asAttacker('no setting of the session changes what the verifier says', async () => {
    const body = String.raw`{"a":"\\ ' \u00fc ü"}`
    const ts = String(Math.floor(Date.now() / 1000))
    const good = signed(body, { ts })['X-Ops-Signature']!
    const said = async (signature: string): Promise<unknown> => {
      const { rows } = await attacker.query(
        'select public.verify_call_event_signature_v1($1, $2, $3, $4) as said',
        [SITE.id, ts, body, signature],
      )
      return rows[0].said
    }
    for (const setting of [
      'standard_conforming_strings = off',
      "bytea_output = 'escape'",
      "client_encoding = 'LATIN1'",
      "timezone = 'Pacific/Auckland'",
      "datestyle = 'SQL, DMY'",
      "plan_cache_mode = 'force_custom_plan'",
      'transform_null_equals = on',
      'enable_sort = off',
      'extra_float_digits = -15',
    ]) {
      await attacker.query('reset all')
      await attacker.query(`set ${setting}`)
      const forged = good.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))
      expect(await said(forged), setting).toBe(false)
      // In another encoding the text is another text; everything else must leave a right signature right.
      if (!setting.startsWith('client_encoding')) expect(await said(good), setting).toBe(true)
    }
    // An error, which the server reports as 503: not an answer.
    await attacker.query('reset all; set row_security = off')
    await expect(said(good)).rejects.toMatchObject({ code: '42501' })
  })

  asAttacker('what it may not do, it cannot do', async () => {
    for (const sql of [
      'select * from private.site_secrets',
      'select * from public.sites',
      'select * from public.calls',
      'select * from public.sync_events',
      "select private.find_site('x')",
      "select private.hmac_digest('a', 'b')",
      'set role opsmantik_verifier',
      'set role service_role',
      'set role authenticated',
      'create schema mine',
      'create function public.f() returns int language sql as $$ select 1 $$',
      'create table public.t (a int)',
      `create or replace function public.resolve_site_identifier_v1(p_identifier text) returns uuid
        language sql as $$ select null::uuid $$`,
      'alter function public.resolve_site_identifier_v1(text) reset search_path',
      'alter function public.resolve_site_identifier_v1(text) owner to anon',
      'create policy mine on private.site_secrets using (true)',
      'grant opsmantik_verifier to anon',
      "copy (select 1) to program 'true'",
      'set session_replication_role = replica',
    ])
      await expect(attacker.query(sql), sql).rejects.toMatchObject({
        code: expect.stringMatching(/^(42501|0LP01|3F000)$/),
      })
  })

  it('every definer function pins its path, and is owned by a role that can do no more than it needs', async () => {
    const root = await connect(url.replace('attacker@', 'postgres@'))
    const select = async (sql: string): Promise<unknown[]> => (await root.query(sql)).rows
    expect(
      await select(`select p.oid::regprocedure::text as name from pg_proc p
        where prosecdef and pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
          and (not coalesce(proconfig, '{}') @> '{"search_path=pg_catalog, pg_temp"}'
            or (select rolsuper from pg_roles r where r.oid = proowner))`),
    ).toEqual([])
    const verifier = "'opsmantik_verifier'::regrole"
    expect(
      await select(`select rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls
        from pg_roles where oid = ${verifier}`),
    ).toEqual([
      {
        rolsuper: false,
        rolinherit: false,
        rolcreaterole: false,
        rolcreatedb: false,
        rolcanlogin: false,
        rolreplication: false,
        rolbypassrls: false,
      },
    ])
    expect(await select(`select from pg_auth_members where member = ${verifier}`)).toEqual([])
    expect(
      await select(`select relname as name from pg_class where relowner = ${verifier}
        union all select nspname from pg_namespace where nspowner = ${verifier}
        union all select typname from pg_type where typowner = ${verifier}`),
    ).toEqual([])
    expect(
      await select(`select distinct table_schema || '.' || table_name || '.' || column_name || ' ' || privilege_type as may
        from information_schema.column_privileges
        where grantee = 'opsmantik_verifier' order by may`),
    ).toEqual(
      [
        'private.changes.change INSERT',
        'private.changes.detail INSERT',
        'private.changes.site_id INSERT',
        'private.changes.who INSERT',
        'private.site_secrets.current_secret SELECT',
        'private.site_secrets.next_secret SELECT',
        'private.site_secrets.site_id SELECT',
        'private.site_tokens.digest SELECT',
        'private.site_tokens.expires_at SELECT',
        'private.site_tokens.site_id SELECT',
        'public.sites.id SELECT',
        'public.sites.public_id SELECT',
      ].map((may) => ({ may })),
    )
    expect(
      await select(`select n from unnest(array['public', 'private']) n
        where has_schema_privilege('opsmantik_verifier', n, 'create')`),
    ).toEqual([])
    await root.end()
  })
})
