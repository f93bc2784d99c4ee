// A real Postgres on loopback, in a temporary folder.
import { execFileSync } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Client } from 'pg'
import { freePort } from '../../demo/ports.mjs'
import { findProgram } from './programs.mjs'
import { startService } from './process.mjs'

/** Returns uid and gid for initdb, which refuses root; Debian's package creates that user. */
const owner = () => {
  if (process.getuid?.() !== 0) return {}
  const id = (/** @type {string} */ flag) => Number(execFileSync('id', [flag, 'postgres']))
  return { uid: id('-u'), gid: id('-g') }
}

/**
 * @param {{ durable?: boolean, parameters?: Record<string, string> }} [options] durable: as in production, each commit
 *   waits for the disk; tests that do not pull the plug need not
 */
export const startPostgres = async ({ durable = false, parameters = {} } = {}) => {
  const program = findProgram('postgres', 'postgresql')
  const user = owner()
  const folder = mkdtempSync(join(tmpdir(), 'opsmantik-postgres-'))
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  execFileSync(
    join(dirname(program), 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { ...user, cwd: folder, stdio: 'pipe' },
  )
  const port = await freePort(0)
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off' }),
    ...parameters,
  }
  const start = async () => {
    const service = await startService(
      program,
      [
        '-D',
        data,
        '-p',
        String(port),
        ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`]),
      ],
      port,
      { ...user, cwd: folder },
    )
    await acceptsQueries(port)
    return service
  }
  let service = await start()
  return {
    port,
    folder,
    /** @param {string} [database] */
    url: (database = 'postgres') => `postgres://postgres@127.0.0.1:${port}/${database}`,
    pid: () => service.pid,
    /** SIGINT: fast shutdown, as a restart of the service does. SIGQUIT: as if the machine fell over. */
    halt: (/** @type {NodeJS.Signals} */ signal = 'SIGINT') => service.stop(signal),
    resume: async () => {
      service = await start()
    },
    signal: (/** @type {NodeJS.Signals} */ signal) => service.signal(signal),
    stop: async () => {
      await service.stop('SIGQUIT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A port that answers may still say "the database system is starting up". @param {number} port */
const acceptsQueries = async (port) => {
  const late = Date.now() + 20_000
  for (;;) {
    const client = new Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.query('select 1')
      return
    } catch (error) {
      if (Date.now() > late) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    } finally {
      await client.end().catch(() => {})
    }
  }
}
