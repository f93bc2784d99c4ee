import { execFileSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { findProgram } from '../../services/programs.mjs'
import { startService } from '../../services/process.mjs'

/** Starts a real MariaDB with a separate data folder, which listens only on a socket in that folder. */
export const startMariadb = async (
  folder: string,
): Promise<{ socket: string; stop: () => Promise<void> }> => {
  const program = findProgram('mariadbd', 'mariadb-server')
  const installer = findProgram('mariadb-install-db', 'mariadb-server')
  const socket = join(folder, 'mariadb.sock')
  const data = join(folder, 'mariadb')
  // It refuses to run as root without this option.
  const user = process.getuid?.() === 0 ? ['--user=root'] : []
  execFileSync(
    installer,
    [
      '--no-defaults',
      ...user,
      `--datadir=${data}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ],
    { cwd: dirname(dirname(program)), stdio: 'pipe', timeout: 60_000 },
  )
  const service = await startService(
    program,
    [
      '--no-defaults',
      ...user,
      `--datadir=${data}`,
      `--socket=${socket}`,
      `--pid-file=${join(folder, 'mariadb.pid')}`,
      '--skip-networking',
      '--innodb-buffer-pool-size=32M',
      '--innodb-flush-log-at-trx-commit=0',
      '--character-set-server=utf8mb4',
    ],
    socket,
  )
  return { socket, stop: () => service.stop() }
}
