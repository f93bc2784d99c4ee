// A real Redis Cluster of three nodes on loopback, without replicas: a node that dies takes its slots with it.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { freePort } from '../../demo/ports.mjs'
import { findProgram } from './programs.mjs'
import { startService } from './process.mjs'

const NODES = 3
export const startRedisCluster = async () => {
  const program = findProgram('redis-server', 'redis-server')
  const folder = mkdtempSync(join(tmpdir(), 'opsmantik-cluster-'))
  /** @type {Awaited<ReturnType<typeof startNode>>[]} */
  const nodes = []
  for (let n = 0; n < NODES; n++) nodes.push(await startNode(program, folder))
  const cli = join(dirname(program), 'redis-cli')
  const addresses = nodes.map(({ port, bus }) => `127.0.0.1:${port}@${bus}`)
  execFileSync(cli, ['--cluster', 'create', ...addresses, '--cluster-yes'], { stdio: 'pipe' })
  const run = (/** @type {number} */ port, /** @type {string[]} */ ...args) =>
    execFileSync(cli, ['-p', String(port), ...args], { encoding: 'utf8' })
  const isWhole = () =>
    nodes.every(({ port }) => /cluster_state:ok/.test(run(port, 'cluster', 'info')))
  const late = Date.now() + 30_000
  while (!isWhole()) {
    if (Date.now() > late) throw new Error('the Redis Cluster did not form')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const urls = nodes.map(({ port }) => `redis://127.0.0.1:${port}`)
  return {
    urls,
    /** The environment with which a server uses it. */
    env: { REDIS_URL: urls.join(',') },
    nodes,
    /** Returns a node's reply to a command. */
    run,
    stop: async () => {
      await Promise.all(nodes.map((node) => node.stop()))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** @param {string} program @param {string} folder */
const startNode = async (program, folder) => {
  const port = await freePort(0)
  const bus = await freePort(0)
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    save: '',
    appendonly: 'no',
    dir: folder,
    'cluster-enabled': 'yes',
    'cluster-config-file': `nodes-${port}.conf`,
    'cluster-port': String(bus),
    'cluster-node-timeout': '1000',
  }
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
  const start = () => startService(program, args, port, { cwd: folder })
  let service = await start()
  return {
    port,
    bus,
    halt: (/** @type {NodeJS.Signals} */ signal = 'SIGKILL') => service.stop(signal),
    resume: async () => {
      service = await start()
    },
    /** SIGSTOP: the connections stay open without a response. */
    signal: (/** @type {NodeJS.Signals} */ signal) => service.signal(signal),
    stop: () => service.stop('SIGKILL'),
  }
}
