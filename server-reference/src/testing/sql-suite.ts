import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import vectors from '../../../src/contract/vectors.json' with { type: 'json' }
import { createApp } from '../app.js'
import { PACKAGE_ROOT } from '../package-root.js'
import { call, event, sync, pageEvent } from './call.js'
import { withTestSites, type Statement } from './database.js'
import { SITE, signed } from './sign.js'
import { createWorld } from './world.js'
import { addSite, listSites, promoteSecret, rotateSecret, seedSites } from '../admin/sites.js'
import type { Database, Role } from '../store/database.js'
import { createSqlStore } from '../store/sql-store.js'

/**
 * Tests the guarantees of the SQL (contract section 3) on any database. `open` returns one with its tables and without
 * rows.
 */
export const sqlSuite = (open: () => Promise<Database>): void => {
  let database: Database
  let statements: Statement[]

  beforeAll(async () => {
    ;({ database, statements } = await withTestSites(await open()))
  }, 60_000)
  afterAll(() => database.close())

  const now = (): string => String(Math.floor(Date.now() / 1000))
  const verify = async (role: Role, site: string, ts: string, body: string, signature: string) => {
    const [row] = await database.query<Record<string, unknown>>(
      role,
      'select public.verify_call_event_signature_v1($1, $2::bigint, $3, $4) as ok',
      [site, ts, body, signature],
    )
    return row!.ok
  }

  for (const { name, secret, ts, body, body_times, signature } of vectors.signatures)
    it(`the database agrees with the contract's vector "${name}"`, async () => {
      const [row] = await database.query<{ ok: boolean; other: boolean }>(
        'owner',
        `select private.hmac_digest(convert_to($2 || '.' || repeat($3, $4), 'UTF8'), $1)
            = sha256(decode($5, 'hex')) as ok,
          private.hmac_digest(convert_to($2 || '.' || repeat($3, $4) || ' ', 'UTF8'), $1)
            = sha256(decode($5, 'hex')) as other`,
        [secret, ts, body, body_times, signature],
      )
      expect(row).toEqual({ ok: true, other: false })
    })

  for (const role of ['anon', 'authenticated'] as const) {
    it(`${role} may call the verifier and gets a boolean, nothing else`, async () => {
      const ts = now()
      const good = signed('{}', { ts })['X-Ops-Signature']!
      expect(await verify(role as Role, SITE.id, ts, '{}', good)).toBe(true)
      expect(await verify(role as Role, SITE.id, ts, '{} ', good)).toBe(false)
      expect(await verify(role as Role, 'f'.repeat(32), ts, '{}', good)).toBe(false)
    })

    it.each([
      'select * from private.site_secrets',
      'select current_secret from private.site_secrets',
      'update private.site_secrets set next_secret = current_secret',
      "select private.find_site('x')",
      "select private.hmac_digest('a', 'b')",
      'select * from public.sites',
      'select * from public.calls',
      'select * from public.sessions',
      'select * from public.sync_events',
      'delete from public.calls',
      'select * from private.migrations',
    ])(`${role} is denied: %s`, async (sql) => {
      await expect(database.query(role as Role, sql)).rejects.toMatchObject({ code: '42501' })
    })
  }

  it('service_role reads calls, and no secrets', async () => {
    await database.query('service_role', 'select * from public.calls')
    await expect(
      database.query('service_role', 'select * from private.site_secrets'),
    ).rejects.toMatchObject({ code: '42501' })
  })

  it('the verifier is security definer with a pinned search_path, and so is the resolver', async () => {
    const rows = await database.query<{ prosecdef: boolean; proconfig: string[] }>(
      'owner',
      `select prosecdef, proconfig from pg_proc p join pg_namespace n on n.oid = pronamespace
      where nspname = 'public' and proname ~ '^(verify|resolve)'`,
    )
    expect(rows).toHaveLength(3)
    for (const row of rows)
      expect(row).toEqual({ prosecdef: true, proconfig: ['search_path=pg_catalog, pg_temp'] })
  })

  it('a table of the same name on the caller’s path does not fool the verifier', async () => {
    await database.script(`
      create schema if not exists trap; grant usage on schema trap to anon;
      create or replace function trap.sha256(bytea) returns bytea language sql as $$ select ''::bytea $$;`)
    const lookIn = (path: string) =>
      database.query('anon', "select set_config('search_path', $1, false)", [path])
    await lookIn('trap, public, pg_catalog')
    expect(await verify('anon', SITE.id, now(), '{}', '0'.repeat(64))).toBe(false)
    await lookIn('"$user", public')
    await database.script('drop schema trap cascade;')
  })

  it('the verifier says false, never null and no error, to what makes no sense', async () => {
    const sane = ['x'.repeat(32), now(), '{}', 'ab'.repeat(32)] as const
    for (const [index, value] of [
      [0, null],
      [0, ''],
      [1, null],
      [1, '-5'],
      [1, '9223372036854775807'],
      [2, null],
      [3, null],
      [3, 'zz'],
      [3, 'ab'.repeat(33)],
    ] as const) {
      const args: (string | null)[] = [...sane]
      args[index] = value
      expect(await verify('anon', ...(args as [string, string, string, string]))).toBe(false)
    }
  })

  it('secrets of 15 characters are refused by the table', async () => {
    for (const column of ['current_secret', 'next_secret'])
      await expect(
        database.query('owner', `update private.site_secrets set ${column} = $1`, ['x'.repeat(15)]),
      ).rejects.toMatchObject({ code: '23514' })
  })

  it('the files of sql/ can be applied again, and on a database that grants everything to everybody', async () => {
    await database.script('alter default privileges in schema public grant all on tables to anon;')
    for (const name of ['0001_roles_and_schemas', '0002_sites', '0003_events', '0004_signatures'])
      await database.script(await readFile(new URL(`sql/${name}.sql`, PACKAGE_ROOT), 'utf8'))
    await expect(database.query('anon', 'select * from public.calls')).rejects.toMatchObject({
      code: '42501',
    })
  })

  it('a request with a bad signature causes no statement as service_role; a good one its first after verification', async () => {
    const app = createApp(createWorld({ store: createSqlStore(database) }))
    statements.length = 0
    await call(app, { headers: { 'X-Ops-Signature': '0'.repeat(64) } })
    await call(app, { headers: { 'X-Ops-Site-Id': 'f'.repeat(32) } })
    expect(statements.map(({ role }) => role)).toEqual(['anon', 'anon'])
    statements.length = 0
    const { body } = await call(app)
    expect(body.status).toBe('unmatched')
    expect(statements.map(({ role }) => role)).toEqual(['anon', 'service_role'])
  })

  it('24 equal signed requests at once, and again to a server that remembers nothing, make one row', async () => {
    const body = event()
    const headers = signed(body)
    for (let server = 0; server < 2; server++) {
      const app = createApp(createWorld({ store: createSqlStore(database) }))
      const answers = await Promise.all(
        Array.from({ length: 24 }, () => call(app, { body, headers })),
      )
      const fresh = answers.filter((answer) => answer.body.status === 'unmatched')
      expect(fresh).toHaveLength(server === 0 ? 1 : 0)
      expect(new Set(answers.map((answer) => answer.body.call_id)).size).toBe(1)
    }
    const { event_id } = JSON.parse(body) as { event_id: string }
    const rows = await database.query('owner', 'select 1 from public.calls where event_id = $1', [
      event_id,
    ])
    expect(rows).toHaveLength(1)
  })

  it.each([
    ['behind', -20],
    ['ahead of', 20],
  ])(
    'the API’s clock decides about the time window, also if it is %s the database’s',
    async (_, seconds) => {
      const apiNow = (): number => Date.now() + seconds * 1000
      const app = createApp(createWorld({ store: createSqlStore(database), now: apiNow }))
      const sent = async (age: number): Promise<unknown> => {
        const body = event()
        const headers = signed(body, { ts: String(Math.floor(apiNow() / 1000) - age) })
        const answer = await call(app, { body, headers })
        return answer.body.code ?? answer.body.status
      }
      expect(await sent(299)).toBe('unmatched')
      expect(await sent(-58)).toBe('unmatched')
      expect(await sent(302)).toBe('SIGNATURE_TIMESTAMP_INVALID')
      expect(await sent(-63)).toBe('SIGNATURE_TIMESTAMP_INVALID')
    },
  )

  it('a call after a page event of the same visitor is matched over HTTP', async () => {
    const app = createApp(createWorld({ store: createSqlStore(database) }))
    const synced = await sync(app, pageEvent({ sid: 'http', meta: { fp: 'http-visitor' } }))
    expect(synced.body).toMatchObject({ ok: true, status: 'synced', accepted: 1 })
    const { body } = await call(app, { body: event({ fingerprint: 'http-visitor' }) })
    expect(body).toMatchObject({ status: 'matched', session_id: 'http' })
  })

  it('a signature under either secret holds until the next one is promoted, then only under that', async () => {
    const { site, secret } = await addSite(database, 'Shop', null)
    const store = createSqlStore(database)
    const holds = async (key: string): Promise<boolean> => {
      const headers = signed('{}', { site: site.public_id, secret: key })
      const [id, ts, signature] = Object.values(headers) as [string, string, string]
      return (await store.verify({ site: id, ts, signature, body: '{}' })) === site.id
    }
    const next = await rotateSecret(database, site.public_id, false)
    expect([await holds(secret), await holds(next)]).toEqual([true, true])
    await expect(rotateSecret(database, site.id, false)).rejects.toThrow(/promote/i)
    await promoteSecret(database, site.id)
    expect([await holds(secret), await holds(next)]).toEqual([false, true])
    await expect(promoteSecret(database, site.id)).rejects.toThrow(/no next secret/)
    const listed = (await listSites(database)).find(({ id }) => id === site.id)
    expect(listed).toEqual({ ...site, origins: [], calls: 0, has_next_secret: false })
    expect(JSON.stringify(listed)).not.toContain(next)
  })

  it('seeds are created once; a site that exists with another secret keeps it and is named', async () => {
    const hex = 'ab'.repeat(16)
    const seed = { hex, isUuid: false, secret: 's'.repeat(16) }
    expect(await seedSites(database, [seed])).toEqual({ keptOther: [] })
    expect(await seedSites(database, [seed])).toEqual({ keptOther: [] })
    expect(await seedSites(database, [{ ...seed, secret: 't'.repeat(16) }])).toEqual({
      keptOther: [hex],
    })
    const uuid = { hex: 'cd'.repeat(16), isUuid: true, secret: 's'.repeat(16) }
    await seedSites(database, [uuid])
    const sites = await listSites(database)
    expect(sites.some(({ id }) => id.replaceAll('-', '') === uuid.hex)).toBe(true)
  })
}
