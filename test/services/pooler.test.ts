import { randomUUID } from 'node:crypto'
import { Client, Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../server-reference/src/store/database.js'
import { openServerDatabase } from '../../server-reference/src/store/server-database.js'
import { databaseStoreSuite } from '../../server-reference/src/testing/database-store-suite.js'
import { sqlSuite } from '../../server-reference/src/testing/sql-suite.js'
import { startPgBouncer } from './pgbouncer.mjs'
import { startPostgres } from './postgres.mjs'

let postgres: Awaited<ReturnType<typeof startPostgres>>
let pooler: Awaited<ReturnType<typeof startPgBouncer>>
let root: Pool

beforeAll(async () => {
  postgres = await startPostgres()
  // Two server connections for all: whatever a message leaves behind, the next one meets.
  pooler = await startPgBouncer(postgres.port, { poolSize: 2 })
  root = new Pool({ connectionString: postgres.url(), max: 1 })
})
afterAll(async () => {
  await root.end()
  await pooler.stop()
  await postgres.stop()
})

const freshDatabase = async (): Promise<string> => {
  const name = `t_${randomUUID().replaceAll('-', '')}`
  await root.query(`create database ${name}`)
  return name
}
const open = async (): Promise<Database> => openServerDatabase(pooler.url(await freshDatabase()))

describe('a store behind PgBouncer in transaction mode', () => databaseStoreSuite(open))
describe('the SQL behind PgBouncer in transaction mode', () => sqlSuite(open))

describe('a store on a database where backslashes escape in every literal', () =>
  databaseStoreSuite(async () => {
    const name = await freshDatabase()
    await root.query(`alter database ${name} set standard_conforming_strings = off`)
    await root.query(`alter database ${name} set escape_string_warning = off`)
    const database = await openServerDatabase(postgres.url(name))
    const [row] = await database.query('service_role', 'show standard_conforming_strings')
    expect(row).toEqual({ standard_conforming_strings: 'off' })
    return database
  }))

it('this pooler is one: it refuses startup options, and a connection does not keep its server connection', async () => {
  const name = await freshDatabase()
  const refused = new Client({ connectionString: pooler.url(name), options: '-c role=anon' })
  refused.on('error', () => {})
  await expect(refused.connect()).rejects.toThrow(/options/)
  const clients = [1, 2, 3].map(() => new Client({ connectionString: pooler.url(name) }))
  await Promise.all(clients.map((client) => client.connect()))
  const pids = await Promise.all(
    clients.map(async (client) => {
      await client.query('begin')
      await client.query('commit')
      return (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]!.pid
    }),
  )
  expect(new Set(pids).size).toBeLessThan(3)
  await Promise.all(clients.map((client) => client.end()))
})

it('a role ends with its statement, also when that fails, and each of many at once runs as its own', async () => {
  const database = await open()
  const nameAs = async (role: 'anon' | 'service_role'): Promise<string> => {
    const [row] = await database.batch<{ name: string }>(
      role,
      'select current_user::text as name, pg_sleep(0.001) from json_array_elements($1::json)',
      [1],
    )
    return row!.name
  }
  for (let round = 0; round < 20; round++) {
    await Promise.allSettled([
      database.batch('anon', 'select * from public.calls, json_array_elements($1::json)', [1]),
      database.query('service_role', 'select 1 / 0'),
    ])
    expect(await Promise.all([nameAs('anon'), nameAs('service_role'), nameAs('anon')])).toEqual([
      'anon',
      'service_role',
      'anon',
    ])
    expect(
      (await database.query<{ name: string }>('owner', 'select current_user::text as name'))[0]!
        .name,
    ).toBe('postgres')
  }
  await database.close()
})
