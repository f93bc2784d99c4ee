import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Pool } from 'pg'
import type { Database } from '../../server-reference/src/store/database.js'
import { openServerDatabase } from '../../server-reference/src/store/server-database.js'
import { sqlSuite } from '../../server-reference/src/testing/sql-suite.js'
import { databaseStoreSuite } from '../../server-reference/src/testing/database-store-suite.js'
import { startPostgres } from './postgres.mjs'

let postgres: Awaited<ReturnType<typeof startPostgres>>
let root: Pool

beforeAll(async () => {
  postgres = await startPostgres()
  root = new Pool({ connectionString: postgres.url(), max: 1 })
})
afterAll(async () => {
  await root.end()
  await postgres.stop()
})

const freshDatabase = async (owner = 'postgres'): Promise<string> => {
  const name = `t_${randomUUID().replaceAll('-', '')}`
  await root.query(`create database ${name} owner ${owner}`)
  return postgres.url(name).replace('postgres@', `${owner}@`)
}
const open = async (): Promise<Database> => openServerDatabase(await freshDatabase())

describe('a store on Postgres', () => databaseStoreSuite(open))
describe('the SQL on Postgres', () => sqlSuite(open))

it('each statement runs on a connection that is its role’s alone', async () => {
  const database = await open()
  for (const role of ['anon', 'service_role'] as const) {
    const [row] = await database.query(role, 'select current_user::text as name')
    expect(row).toEqual({ name: role })
    await expect(database.query(role, 'select * from private.site_secrets')).rejects.toMatchObject({
      code: '42501',
    })
  }
  await database.close()
})

it('the migrations can be applied twice, and by eight servers at once', async () => {
  const url = await freshDatabase()
  const all = await Promise.all(Array.from({ length: 8 }, () => openServerDatabase(url)))
  await Promise.all(all.map((database) => database.close()))
  const again = await openServerDatabase(url)
  const rows = await again.query('owner', 'select name from private.migrations')
  expect(rows.length).toBeGreaterThan(3)
  await again.query('owner', "update private.migrations set digest = 'of an earlier edition'")
  await again.close()
  await (await openServerDatabase(url)).close()
})

describe('a database like Supabase’s', () => {
  let url: string
  let database: Database

  beforeAll(async () => {
    // As on Supabase: the roles are there, the owner is not a superuser, pgcrypto is in a separate schema, and new
    // tables and functions are granted to all roles.
    await root.query(`
      do $$ begin
        create role anon nologin noinherit;
        exception when duplicate_object then null;
      end $$;
      do $$ begin
        create role authenticated nologin noinherit;
        exception when duplicate_object then null;
      end $$;
      do $$ begin
        create role service_role nologin noinherit bypassrls;
        exception when duplicate_object then alter role service_role bypassrls;
      end $$;
      create role supabase_owner login createrole nosuperuser;
      grant anon, authenticated, service_role to supabase_owner;
      -- The suites above have created it as superuser. Since Postgres 16 CREATEROLE does not suffice to grant it.
      do $$ begin
        grant opsmantik_verifier to supabase_owner;
        exception when undefined_object then null;
      end $$;`)
    url = await freshDatabase('supabase_owner')
    const admin = new Pool({
      connectionString: url.replace('supabase_owner@', 'postgres@'),
      max: 1,
    })
    await admin.query(`
      create schema extensions;
      create extension pgcrypto with schema extensions;
      grant usage on schema extensions to public;
      alter schema public owner to supabase_owner;
      alter default privileges for role supabase_owner in schema public
        grant all on tables to anon, authenticated, service_role;
      alter default privileges for role supabase_owner in schema public
        grant all on functions to anon, authenticated, service_role;
      alter default privileges for role supabase_owner in schema public
        grant all on sequences to anon, authenticated, service_role;`)
    await admin.end()
    await (await openServerDatabase(url)).close()
    database = await openServerDatabase(url)
  })
  afterAll(() => database.close())

  it('the owner is no superuser', async () => {
    const [row] = await database.query(
      'owner',
      `
      select rolsuper, current_user::text as name from pg_roles where rolname = current_user`,
    )
    expect(row).toEqual({ rolsuper: false, name: 'supabase_owner' })
  })

  it.each(['anon', 'authenticated'])('%s reads and writes nothing', async (role) => {
    const pool = new Pool({ connectionString: url, max: 1, options: `-c role=${role}` })
    const { rows } = await pool.query('select current_user::text as name')
    expect(rows).toEqual([{ name: role }])
    for (const sql of [
      'select * from private.site_secrets',
      'select * from public.sites',
      'select * from public.calls',
      'select * from public.sessions',
      'select * from public.sync_events',
      'insert into public.sites default values',
      'delete from public.calls',
      'truncate public.calls',
      'update public.sessions set sid = sid',
      "select private.find_site('x')",
      "select private.hmac_digest('a', 'b')",
    ])
      await expect(pool.query(sql), sql).rejects.toMatchObject({ code: '42501' })
    const called = await pool.query("select public.verify_call_event_signature_v1('x', 1, '', '')")
    expect(called.rows).toEqual([{ verify_call_event_signature_v1: false }])
    await pool.end()
  })
})

describe('the SQL on a database like Supabase’s', () =>
  sqlSuite(async () => {
    const url = await freshDatabase('supabase_owner')
    const admin = new Pool({
      connectionString: url.replace('supabase_owner@', 'postgres@'),
      max: 1,
    })
    await admin.query(`
      create schema extensions;
      create extension pgcrypto with schema extensions;
      grant usage on schema extensions to public;
      alter schema public owner to supabase_owner;`)
    await admin.end()
    return openServerDatabase(url)
  }))
