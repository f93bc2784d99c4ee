// The targets of the faults: real servers, a real Postgres, a real Redis.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { Pool } from 'pg'
import { freePort } from '../../../demo/ports.mjs'
import { openEmbedded } from '../../../server-reference/src/store/embedded.js'
import {
  buildServer,
  type ExitedProcess,
  type ServerProcess,
} from '../../../server-reference/src/testing/server-process.js'
import { SITE } from '../../../server-reference/src/testing/sign.js'
import { startPostgres } from '../postgres.mjs'
import { startRedis } from '../redis.mjs'
import type { Found } from './ledger.js'

type Env = Record<string, string>

const ENV: Env = {
  SEED_SITES: `${SITE.publicId}:${SITE.secret}`,
  LOG_LEVEL: 'fatal',
  ...Object.fromEntries(
    ['COARSE', 'V2', 'ADDRESS', 'SITE', 'SHARE'].map((kind) => [`RATE_LIMIT_${kind}`, '1000000']),
  ),
}
const FIND = 'select id::text, event_id::text from public.calls'

export interface OwnDatabase {
  env: { DATABASE_URL: string }
  query<Row extends object>(sql: string): Promise<Row[]>
  found(): Promise<Found[]>
}
export interface Restartable {
  url: string
  stop(signal: NodeJS.Signals): Promise<ExitedProcess>
  resume(): Promise<void>
}
export type Scene = Awaited<ReturnType<typeof openScene>>

export const databaseAt = (url: string): OwnDatabase => {
  const query = async <Row extends object>(sql: string): Promise<Row[]> => {
    const pool = new Pool({ connectionString: url, max: 1 })
    pool.on('error', () => {})
    try {
      return (await pool.query<Row>(sql)).rows
    } finally {
      await pool.end()
    }
  }
  return { env: { DATABASE_URL: url }, query, found: () => query<Found>(FIND) }
}

export const openScene = async () => {
  const built = await buildServer()
  // As in production: a commit is on the disk before it is acknowledged.
  const postgres = await startPostgres({ durable: true })
  const redis = await startRedis()
  const admin = databaseAt(postgres.url())
  let running: ServerProcess[] = []

  const start = async (env: Env): Promise<ServerProcess> => {
    const server = await built.start({ ...ENV, ...env })
    running.push(server)
    return server
  }
  const stopServers = async (): Promise<void> => {
    for (const server of running) server.kill('SIGKILL')
    await Promise.all(running.map(({ finished }) => finished))
    running = []
  }
  return {
    postgres,
    redis,
    admin,
    start,
    stopServers,
    /** The same address before and after a restart, as behind a service manager. */
    restartable: async (env: Env): Promise<Restartable> => {
      const port = String(await freePort(0))
      let server = await start({ ...env, PORT: port })
      return {
        url: `http://127.0.0.1:${port}`,
        stop: (signal) => {
          server.kill(signal)
          return server.finished
        },
        resume: async () => {
          server = await start({ ...env, PORT: port })
        },
      }
    },
    /** A database of the test's own, and what calls it has. */
    ownDatabase: async (tablespace?: string): Promise<OwnDatabase> => {
      const name = `t_${randomUUID().replaceAll('-', '')}`
      const place = tablespace === undefined ? '' : ` tablespace ${tablespace}`
      await admin.query(`create database ${name}${place}`)
      return databaseAt(postgres.url(name))
    },
    /** A data folder of the test's own, and what calls it has once no server runs on it. */
    ownFolder: (folder = join(built.folder, `data-${randomUUID()}`)) => ({
      env: { DATA_DIR: folder },
      found: async (): Promise<Found[]> => {
        const database = await openEmbedded(folder)
        try {
          return await database.query<Found>('owner', FIND)
        } finally {
          await database.close()
        }
      },
    }),
    close: async (): Promise<void> => {
      await stopServers()
      await postgres.stop()
      await redis.stop()
      built.remove()
    },
  }
}

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms))

/** Looks every 50 ms, 20 s at most. */
export const eventually = async (what: string, isSo: () => Promise<boolean>): Promise<void> => {
  const late = Date.now() + 20_000
  while (!(await isSo())) {
    if (Date.now() > late) throw new Error(`It never came about that ${what}`)
    await sleep(50)
  }
}

/** Returns the response of `/api/health`, and how many milliseconds it took. */
export const health = async (url: string) => {
  const began = Date.now()
  const response = await fetch(`${url}/api/health`, { signal: AbortSignal.timeout(10_000) })
  const body = (await response.json()) as { ok: boolean; db_ok: boolean; limiter: string }
  return { status: response.status, ms: Date.now() - began, ...body }
}
