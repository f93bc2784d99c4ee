// Four processes on one Postgres behind PgBouncer in transaction mode, with a Redis Cluster of three nodes.
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  buildServer,
  type BuiltServer,
  type ServerProcess,
} from '../../server-reference/src/testing/server-process.js'
import { SITE } from '../../server-reference/src/testing/sign.js'
import { allStatuses, printTable, settle } from './faults/ledger.js'
import { startLoad } from './faults/load.js'
import { databaseAt, health } from './faults/scene.js'
import { startPgBouncer } from './pgbouncer.mjs'
import { startPostgres } from './postgres.mjs'
import { startRedisCluster } from './redis-cluster.mjs'

const PROCESSES = 4

let built: BuiltServer
let postgres: Awaited<ReturnType<typeof startPostgres>>
let pooler: Awaited<ReturnType<typeof startPgBouncer>>
let cluster: Awaited<ReturnType<typeof startRedisCluster>>
let servers: ServerProcess[] = []

beforeAll(async () => {
  built = await buildServer()
  postgres = await startPostgres({ durable: true })
  pooler = await startPgBouncer(postgres.port, { poolSize: 6 })
  cluster = await startRedisCluster()
}, 180_000)
afterAll(async () => {
  printTable()
  for (const server of servers) server.kill('SIGKILL')
  await Promise.all(servers.map(({ finished }) => finished))
  await pooler.stop()
  await postgres.stop()
  await cluster.stop()
  built.remove()
})

const start = (): Promise<ServerProcess> =>
  built.start({
    DATABASE_URL: pooler.url(),
    DATABASE_DIRECT_URL: postgres.url(),
    ...cluster.env,
    SEED_SITES: `${SITE.publicId}:${SITE.secret}`,
    LOG_LEVEL: 'fatal',
    ...Object.fromEntries(
      ['COARSE', 'V2', 'ADDRESS', 'SITE', 'SHARE'].map((kind) => [`RATE_LIMIT_${kind}`, '1000000']),
    ),
  })

it('a process, a Redis node and Postgres are killed in turn under load: every acknowledged event is found once', async () => {
  servers = await Promise.all(Array.from({ length: PROCESSES }, start))
  const load = startLoad(() => servers[Math.floor(Math.random() * servers.length)]!.url)
  await load.more(200)

  servers[0]!.kill('SIGKILL')
  await load.answered(0, 1)
  await load.more(150)
  servers[0] = await start()
  await load.more(100)

  await cluster.nodes[1]!.halt()
  await load.more(150)
  await cluster.nodes[1]!.resume()
  await load.more(100)

  await postgres.halt('SIGQUIT')
  await load.answered(503, 1)
  await postgres.resume()
  await load.more(150)

  servers[1]!.kill('SIGKILL')
  await load.more(100)

  const entries = await load.finish()
  settle(
    'fleet: process, Redis node, Postgres killed',
    entries,
    await databaseAt(postgres.url()).found(),
  )
  expect(allStatuses(entries)).toEqual(new Set([0, 200, 503]))
  expect(await health(servers[2]!.url)).toMatchObject({ status: 200, db_ok: true })
}, 300_000)
