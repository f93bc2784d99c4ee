import { randomUUID } from 'node:crypto'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../server-reference/src/store/database.js'
import { migrate } from '../../server-reference/src/store/migrate.js'
import { openServerDatabase } from '../../server-reference/src/store/server-database.js'
import { createSqlStore } from '../../server-reference/src/store/sql-store.js'
import { convert, isConverting } from '../../server-reference/src/store/upkeep/convert.js'
import { withTestSites } from '../../server-reference/src/testing/database.js'
import { eventIdAt } from '../../server-reference/src/testing/event-id.js'
import { SITE } from '../../server-reference/src/testing/sign.js'
import {
  installEarlierTables,
  newCall,
  upkeepSuite,
} from '../../server-reference/src/testing/upkeep-suite.js'
import { startPostgres } from './postgres.mjs'

/** Rows of the earlier version; a million takes some minutes (`CONVERSION_ROWS=1000000`). */
const ROWS = Number(process.env.CONVERSION_ROWS ?? 30_000)

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

const freshUrl = async (): Promise<string> => {
  const name = `t_${randomUUID().replaceAll('-', '')}`
  await root.query(`create database ${name}`)
  return postgres.url(name)
}
const open = async (): Promise<Database> => openServerDatabase(await freshUrl())
const count = async (database: Database, sql: string): Promise<number> => {
  const [row] = await database.query<{ n: number }>(
    'owner',
    `select count(*)::int as n from ${sql}`,
  )
  return row!.n
}

describe('upkeep on Postgres', () => upkeepSuite(open))

it('months are created by four processes at once under load, and every event is recorded once', async () => {
  const url = await freshUrl()
  const all = await Promise.all(Array.from({ length: 4 }, () => openServerDatabase(url)))
  const [first] = await Promise.all(
    all.map((database, n) => (n === 0 ? withTestSites(database) : null)),
  )
  const stores = all.map((database) => createSqlStore(database))
  let isOver = false
  const recorded: string[] = []
  const load = Promise.all(
    stores.map(async (store, n) => {
      while (!isOver) {
        // Some of them in months that do not exist yet.
        const ids = Array.from({ length: 20 }, (_, k) =>
          eventIdAt(Date.now() + n * k * 4 * 86_400_000),
        )
        await Promise.all(ids.map((id) => store.recordCall(newCall(id))))
        recorded.push(...ids)
      }
    }),
  )
  for (const ahead of [4, 6, 8, 10, 12]) {
    const created = await Promise.all(
      all.map((database) =>
        database.query<{ n: number }>(
          'owner',
          `select private.create_months('calls', ${ahead}) as n`,
        ),
      ),
    )
    expect(created.flat().reduce((sum, { n }) => sum + n, 0)).toBe(2)
  }
  isOver = true
  await load
  expect(recorded.length).toBeGreaterThan(100)
  expect(await count(first!.database, 'public.calls')).toBe(recorded.length)
  expect(await count(first!.database, 'private.calls_7_ahead')).toBe(0)
  await Promise.all(stores.map((store) => store.close()))
}, 120_000)

it('a lock that is held for long is not waited for: calls are recorded meanwhile', async () => {
  const url = await freshUrl()
  const { database } = await withTestSites(await openServerDatabase(url))
  const store = createSqlStore(database)
  const reader = new Pool({ connectionString: url, max: 1 })
  const client = await reader.connect()
  await client.query('begin; select * from public.calls')
  await expect(
    database.query('owner', "select private.create_months('calls', 4)"),
  ).rejects.toMatchObject({ code: '55P03' })
  expect((await store.recordCall(newCall(eventIdAt(Date.now())))).inserted).toBe(true)
  await client.query('commit')
  client.release()
  await reader.end()
  await database.query('owner', "select private.create_months('calls', 4)")
  await store.close()
}, 60_000)

it(`${ROWS} rows of the earlier version are converted while calls arrive, and no event is lost or counted twice`, async () => {
  const url = await freshUrl()
  const { database } = await withTestSites(await openServerDatabase(url))
  await installEarlierTables(database)
  await database.query(
    'owner',
    `insert into public.calls (site_id, event_id, content_digest, endpoint, fingerprint, intent_target, intent_page_url, created_at)
      select $1, case when n % 2 = 0 then ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid
          else ('019a0000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid end,
        sha256('x'), '/api/call-event', 'visitor' || n, '+905000000000', 'https://shop.example/contact', now() - n * interval '1 second'
      from generate_series(1, $2::int) as n`,
    [SITE.id, ROWS],
  )
  const earlier = (n: number): string =>
    `${n % 2 === 0 ? '00000000-0000-4000-8000-' : '019a0000-0000-7000-8000-'}${String(n).padStart(12, '0')}`
  await migrate(database)

  const store = createSqlStore(database)
  let isOver = false
  let fresh = 0
  const load = Promise.all(
    Array.from({ length: 8 }, async () => {
      while (!isOver) {
        const known = earlier(1 + Math.floor(Math.random() * ROWS))
        expect((await store.recordCall(newCall(known))).inserted).toBe(false)
        expect((await store.recordCall(newCall(eventIdAt(Date.now())))).inserted).toBe(true)
        fresh++
      }
    }),
  )
  const began = Date.now()
  await convert(database)
  const seconds = (Date.now() - began) / 1000
  isOver = true
  await load
  console.log(
    `[conversion] ${ROWS} rows in ${seconds.toFixed(1)} s, ${fresh} new calls and as many retries meanwhile`,
  )
  expect(await isConverting(database)).toBe(false)
  expect(fresh).toBeGreaterThan(0)
  expect(await count(database, 'public.calls')).toBe(ROWS + fresh)
  expect(await count(database, '(select distinct site_id, event_id from public.calls) as d')).toBe(
    ROWS + fresh,
  )
  await store.close()
}, 900_000)
