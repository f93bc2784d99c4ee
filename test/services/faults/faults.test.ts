import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'pg'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { freePort } from '../../../demo/ports.mjs'
import { openEmbedded } from '../../../server-reference/src/store/embedded.js'
import {
  buildServer,
  type BuiltServer,
  type ServerProcess,
} from '../../../server-reference/src/testing/server-process.js'
import { SITE, signed } from '../../../server-reference/src/testing/sign.js'
import { startPostgres } from '../postgres.mjs'
import { startRedis } from '../redis.mjs'
import { printTable, settle, type Found } from './ledger.js'
import { deliver, newEntry, sendAll } from './load.js'

const ENV = {
  SEED_SITES: `${SITE.publicId}:${SITE.secret}`,
  LOG_LEVEL: 'fatal',
  ...Object.fromEntries(
    ['COARSE', 'V2', 'ADDRESS', 'SITE'].map((kind) => [`RATE_LIMIT_${kind}`, '1000000']),
  ),
}
const FIND = 'select id::text, event_id::text from public.calls'

let built: BuiltServer
let postgres: Awaited<ReturnType<typeof startPostgres>>
let redis: Awaited<ReturnType<typeof startRedis>>
let root: Pool
let running: ServerProcess[] = []

beforeAll(async () => {
  built = await buildServer()
  // As in production: a commit is on the disk before it is acknowledged.
  postgres = await startPostgres({ durable: true })
  redis = await startRedis()
  root = new Pool({ connectionString: postgres.url(), max: 1 })
  root.on('error', () => {})
})
afterEach(async () => {
  for (const server of running) server.kill('SIGKILL')
  await Promise.all(running.map(({ finished }) => finished))
  running = []
})
afterAll(async () => {
  printTable()
  await root.end().catch(() => {})
  await postgres.stop()
  await redis.stop()
  built.remove()
})

const start = async (env: Record<string, string>): Promise<ServerProcess> => {
  const server = await built.start({ ...ENV, ...env })
  running.push(server)
  return server
}
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** A database of the test's own, and what calls it has. */
const ownDatabase = async () => {
  const name = `t_${randomUUID().replaceAll('-', '')}`
  await root.query(`create database ${name}`)
  const url = postgres.url(name)
  const query = async <Row extends object>(sql: string): Promise<Row[]> => {
    const pool = new Pool({ connectionString: url, max: 1 })
    pool.on('error', () => {})
    try {
      return (await pool.query<Row>(sql)).rows
    } finally {
      await pool.end()
    }
  }
  return { DATABASE_URL: url, query, found: () => query<Found>(FIND) }
}
/** A data folder of the test's own, and what calls it has once no server runs on it. */
const ownFolder = (folder = join(built.folder, `data-${randomUUID()}`)) => ({
  DATA_DIR: folder,
  found: async (): Promise<Found[]> => {
    const database = await openEmbedded(folder)
    try {
      return await database.query<Found>('owner', FIND)
    } finally {
      await database.close()
    }
  },
})

/** The same address before and after a restart, as behind a service manager. */
const restartable = async (env: Record<string, string>) => {
  const port = String(await freePort(0))
  let server = await start({ ...env, PORT: port })
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async (signal: NodeJS.Signals) => {
      server.kill(signal)
      return server.finished
    },
    resume: async () => {
      server = await start({ ...env, PORT: port })
    },
  }
}

it('the server is killed three times under load, on the embedded database', async () => {
  const { DATA_DIR, found } = ownFolder()
  const server = await restartable({ DATA_DIR })
  const { entries, done } = sendAll(server.url, 3_000)
  for (let time = 0; time < 3; time++) {
    await sleep(400)
    await server.stop('SIGKILL')
    await server.resume()
  }
  await done
  await server.stop('SIGTERM')
  settle('kill -9 of the server, embedded, 3 times', entries, await found())
})

it('the server is killed three times under load, on Postgres', async () => {
  const { DATABASE_URL, found } = await ownDatabase()
  const server = await restartable({ DATABASE_URL })
  const { entries, done } = sendAll(server.url, 4_000)
  for (let time = 0; time < 3; time++) {
    await sleep(400)
    await server.stop('SIGKILL')
    await server.resume()
  }
  await done
  settle('kill -9 of the server, Postgres, 3 times', entries, await found())
})

it.each(['SIGINT', 'SIGQUIT'] as const)(
  'Postgres is restarted under load, stopped by %s',
  async (signal) => {
    const { DATABASE_URL, found } = await ownDatabase()
    const server = await start({ DATABASE_URL })
    const { entries, done } = sendAll(server.url, 4_000)
    await sleep(500)
    await postgres.halt(signal)
    await postgres.resume()
    await done
    settle(`Postgres restarted (${signal})`, entries, await found())
  },
)

it('Postgres is down for ten seconds: 503 with Retry-After meanwhile, and the server stays', async () => {
  const { DATABASE_URL, found } = await ownDatabase()
  const server = await start({ DATABASE_URL })
  const { entries, done } = sendAll(server.url, 2_000)
  await sleep(300)
  await postgres.halt('SIGINT')
  const body = newEntry().body
  const refused = await fetch(`${server.url}/api/call-event/v2`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json', ...signed(body) },
  })
  expect(refused.status).toBe(503)
  expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0)
  const health = await fetch(`${server.url}/api/health`)
  expect(health.status).toBe(503)
  expect(await health.json()).toMatchObject({ ok: false, db_ok: false })
  await sleep(10_000)
  await postgres.resume()
  await done
  settle('Postgres down for 10 s', entries, await found())
  expect((await fetch(`${server.url}/api/health`)).status).toBe(200)
})

it.each(['killed and started again', 'stopped for 3 s (SIGSTOP)'])(
  'Redis is %s under load: no request fails',
  async (how) => {
    const { DATABASE_URL, found } = await ownDatabase()
    const server = await start({ DATABASE_URL, REDIS_URL: redis.url })
    const { entries, done } = sendAll(server.url, 6_000)
    await sleep(300)
    if (how.startsWith('killed')) {
      await redis.halt('SIGKILL')
      await sleep(500)
      await redis.resume()
    } else {
      redis.signal('SIGSTOP')
      await sleep(3_000)
      redis.signal('SIGCONT')
    }
    await done
    settle(`Redis ${how}`, entries, await found())
    expect(entries.flatMap(({ statuses }) => statuses).every((status) => status === 200)).toBe(true)
  },
)

/** Lets the first `count` commits fail: the trigger is deferred, so the insert has succeeded by then. */
const failCommits = (count: number): string => `
  create sequence public.failures;
  grant usage on sequence public.failures to public;
  create function public.fail() returns trigger language plpgsql as $$
  begin
    -- A sequence does not go back when its transaction does.
    if nextval('public.failures') <= ${count} then
      raise 'the disk is full, says this test' using errcode = '53100';
    end if;
    return null;
  end $$;
  create constraint trigger fail after insert on public.calls
    deferrable initially deferred for each row execute function public.fail();`

it.each(['memory', 'Redis'])(
  'commits fail after the replay check, keys in %s: the retries are recorded, none is told noop',
  async (place) => {
    const { DATABASE_URL, query, found } = await ownDatabase()
    const shared = place === 'Redis' ? { REDIS_URL: redis.url } : {}
    const server = await start({ DATABASE_URL, ...shared })
    await query(failCommits(60))
    const { entries, done } = sendAll(server.url, 500)
    await done
    settle(`the commit fails 60 times, replay keys in ${place}`, entries, await found())
    expect(entries.some(({ statuses }) => statuses.includes(503))).toBe(true)
  },
)

it('two equal events at once while the first one’s commit fails: neither is told noop without a row', async () => {
  const { DATABASE_URL, query, found } = await ownDatabase()
  const server = await start({ DATABASE_URL })
  await query(failCommits(20))
  const entries = Array.from({ length: 30 }, newEntry)
  const twins = entries.map((entry) => ({ ...entry, statuses: [] }))
  await Promise.all(
    [...entries, ...twins].map(async (entry) => {
      while (entry.callId === null) await deliver(server.url, entry)
    }),
  )
  settle('equal events at once, the commit fails 20 times', entries, await found())
  settle('… as their twins were told', twins, await found())
})

it('two servers on one Postgres and one Redis are sent the same events at once', async () => {
  const { DATABASE_URL, found } = await ownDatabase()
  const env = { DATABASE_URL, REDIS_URL: redis.url }
  const [one, two] = await Promise.all([start(env), start(env)])
  const entries = Array.from({ length: 400 }, newEntry)
  const twins = entries.map((entry) => ({ ...entry, statuses: [] }))
  for (let from = 0; from < entries.length; from += 40)
    await Promise.all([
      ...entries.slice(from, from + 40).map((entry) => deliver(one.url, entry)),
      ...twins.slice(from, from + 40).map((entry) => deliver(two.url, entry)),
    ])
  const calls = await found()
  settle('the same events to two servers at once', entries, calls)
  settle('… as the second server answered', twins, calls)
})

it.each(['embedded', 'Postgres'])(
  'SIGTERM under load, %s: exit 0, and what was answered holds',
  async (kind) => {
    const own = kind === 'embedded' ? ownFolder() : await ownDatabase()
    const { found, ...rest } = own
    const env =
      'DATA_DIR' in rest ? { DATA_DIR: rest.DATA_DIR } : { DATABASE_URL: rest.DATABASE_URL }
    const server = await restartable(env)
    const { entries, done } = sendAll(server.url, 3_000)
    await sleep(500)
    const { code } = await server.stop('SIGTERM')
    expect(code).toBe(0)
    await server.resume()
    await done
    await server.stop('SIGTERM')
    settle(`SIGTERM under load, ${kind}`, entries, await found())
    // Requests in flight are finished, so nobody is hung up on after a request has been read.
    expect(entries.flatMap(({ statuses }) => statuses)).not.toContain(500)
  },
)

/** The head of a good request for this body, and nothing of the body. */
const head = (body: string): string =>
  [
    'POST /api/call-event/v2 HTTP/1.1',
    'Host: x',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(signed(body)).map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\r\n')

/** Sends in pieces and collects the answer. A pause of null: never goes on. */
const drip = (url: string, pieces: string[], pause: number | null): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    let answer = ''
    socket.on('data', (bytes) => {
      answer += String(bytes)
      if (answer.endsWith('}')) socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(answer))
    const next = (): void => {
      const piece = pieces.shift()
      if (piece === undefined || socket.destroyed) return
      socket.write(piece)
      if (pause !== null) setTimeout(next, pause)
    }
    socket.on('connect', next)
  })

it('a client that stops in the middle of its head or body is refused after 15 s, and leaves no row', async () => {
  const { DATABASE_URL, found } = await ownDatabase()
  const server = await start({ DATABASE_URL })
  const { body } = newEntry()
  const stopped = [
    drip(server.url, [head(body) + body.slice(0, 20)], null),
    drip(server.url, [head(body).slice(0, 60)], null),
  ]
  const { entries, done } = sendAll(server.url, 500)
  await done
  const answers = await Promise.all(stopped)
  for (const answer of answers) {
    expect(answer).toMatch(/^HTTP\/1\.1 408 /)
    expect(answer).toContain('"REQUEST_TIMEOUT"')
  }
  settle('a client stops in the middle of head and body', entries, await found())
})

it('two hundred slow clients are served, and so are the others meanwhile', async () => {
  const { DATABASE_URL, found } = await ownDatabase()
  const server = await start({ DATABASE_URL })
  const slow = Array.from({ length: 200 }, newEntry)
  const dripping = slow.map(async (entry) => {
    const { body } = entry
    const size = Math.ceil(body.length / 20)
    const pieces = [
      head(body),
      ...Array.from({ length: 20 }, (_, n) => body.slice(n * size, (n + 1) * size)),
    ]
    entry.deliveries++
    const answer = await drip(server.url, pieces, 200)
    entry.statuses.push(Number(answer.slice(9, 12)))
    entry.callId = /"call_id":"([^"]+)"/.exec(answer)?.[1] ?? null
  })
  await sleep(500)
  const { entries, done } = sendAll(server.url, 1_000)
  await done
  await Promise.all(dripping)
  settle('200 slow clients, and 24 quick ones', [...slow, ...entries], await found())
})

/** Only root may mount; in CI it has to be. */
const mayMount = process.getuid?.() === 0 || process.env.CI !== undefined

/** A disk of a few hundred megabytes, in memory. */
const smallDisk = (megabytes: number) => {
  const folder = join(tmpdir(), `opsmantik-small-${randomUUID()}`)
  mkdirSync(folder)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=777`, 'tmpfs', folder])
  return {
    folder,
    fill: () => {
      try {
        writeFileSync(join(folder, 'filler'), Buffer.alloc(megabytes * 1024 * 1024))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      }
    },
    free: () => rmSync(join(folder, 'filler'), { force: true }),
    remove: () => {
      execFileSync('umount', ['-l', folder])
      if (existsSync(folder)) rmSync(folder, { recursive: true, force: true })
    },
  }
}

it.runIf(mayMount)(
  'the disk of Postgres is full for a while: nothing is acknowledged without a row',
  async () => {
    const disk = smallDisk(400)
    const before = process.env.TMPDIR
    process.env.TMPDIR = disk.folder
    const full = await startPostgres({ durable: true }).finally(() => {
      if (before === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = before
    })
    try {
      const server = await start({ DATABASE_URL: full.url() })
      const { entries, done } = sendAll(server.url, 30_000)
      await sleep(500)
      disk.fill()
      await sleep(3_000)
      disk.free()
      // Postgres gives up when its log cannot be written; whoever watches it starts it again.
      await full.halt('SIGINT')
      await full.resume()
      await done
      const pool = new Pool({ connectionString: full.url(), max: 1 })
      const { rows } = await pool.query<Found>(FIND)
      await pool.end()
      settle('the disk of Postgres full for 3 s', entries, rows)
      expect(entries.some(({ statuses }) => statuses.includes(503))).toBe(true)
    } finally {
      await full.stop()
      disk.remove()
    }
  },
)

it.runIf(mayMount)(
  'the disk of the embedded database is full for a while: nothing is acknowledged without a row',
  async () => {
    const disk = smallDisk(300)
    try {
      const { DATA_DIR, found } = ownFolder(join(disk.folder, 'data'))
      const server = await restartable({ DATA_DIR })
      const { entries, done } = sendAll(server.url, 20_000)
      await sleep(300)
      disk.fill()
      await sleep(3_000)
      disk.free()
      // Where it does not recover by itself, it is started again, as its health check asks.
      await server.stop('SIGKILL')
      await server.resume()
      await done
      await server.stop('SIGTERM')
      settle('the disk of the embedded database full for 3 s', entries, await found())
    } finally {
      disk.remove()
    }
  },
)
