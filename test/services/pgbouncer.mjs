// Debian's PgBouncer in transaction mode on loopback, in front of a Postgres of postgres.mjs.
import { execFileSync } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../demo/ports.mjs'
import { findProgram } from './programs.mjs'
import { startService } from './process.mjs'

/** @param {number} postgresPort @param {{ poolSize?: number }} [options] server connections for each database */
export const startPgBouncer = async (postgresPort, { poolSize = 10 } = {}) => {
  const program = findProgram('pgbouncer', 'pgbouncer')
  const folder = mkdtempSync(join(tmpdir(), 'opsmantik-pgbouncer-'))
  const port = await freePort(0)
  const users = join(folder, 'users.txt')
  const config = join(folder, 'pgbouncer.ini')
  writeFileSync(users, '"postgres" ""\n')
  writeFileSync(
    config,
    `[databases]
* = host=127.0.0.1 port=${postgresPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
pool_mode = transaction
default_pool_size = ${poolSize}
max_client_conn = 500
server_login_retry = 1
`,
  )
  const isRoot = process.getuid?.() === 0
  // It refuses to run as root.
  const id = (/** @type {string} */ flag) => Number(execFileSync('id', [flag, 'postgres']))
  const user = isRoot ? { uid: id('-u'), gid: id('-g') } : {}
  if (user.uid !== undefined)
    for (const path of [folder, users, config]) chownSync(path, user.uid, user.gid)
  const service = await startService(program, [config], port, { ...user, cwd: folder })
  return {
    port,
    /** @param {string} [database] */
    url: (database = 'postgres') => `postgres://postgres@127.0.0.1:${port}/${database}`,
    stop: async () => {
      // SIGTERM: at once. SIGINT would wait for its clients.
      await service.stop('SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
