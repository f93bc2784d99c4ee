// A real Redis on loopback that keeps nothing on disk.
import { tmpdir } from 'node:os'
import { freePort } from '../../demo/ports.mjs'
import { findProgram } from './programs.mjs'
import { startService } from './process.mjs'

/** @param {string[]} [options] further arguments of redis-server */
export const startRedis = async (options = []) => {
  const program = findProgram('redis-server', 'redis-server')
  const port = await freePort(0)
  const base = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const args = [...base, ...options]
  const start = () => startService(program, args, port, { cwd: tmpdir() })
  let service = await start()
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    halt: (/** @type {NodeJS.Signals} */ signal = 'SIGKILL') => service.stop(signal),
    resume: async () => {
      service = await start()
    },
    /** SIGSTOP: the connection stays open without a response. */
    signal: (/** @type {NodeJS.Signals} */ signal) => service.signal(signal),
    stop: () => service.stop('SIGKILL'),
  }
}
