// Starts the servers under test, each as a separate process, and measures their cost.
import { execFileSync, fork, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url))
const CLI = here('../../server-reference/dist/cli.js')
const LIMITS = Object.fromEntries(
  ['COARSE', 'V1', 'V2', 'SYNC', 'ADDRESS', 'SITE', 'SHARE'].map((kind) => [
    `RATE_LIMIT_${kind}`,
    '1000000000',
  ]),
)

/** Milliseconds after which a bench that waits for something has failed: it must never hang. */
const START_MS = 60_000
const STOP_MS = 30_000
const LOAD_MS = 180_000

/**
 * @template T
 * @param {Promise<T>} work
 * @param {number} ms
 * @param {string} what
 * @returns {Promise<T>}
 */
const inTime = (work, ms, what) => {
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} for ${ms / 1000} s`)), ms)
  })
  return Promise.race([work, /** @type {Promise<never>} */ (late)]).finally(() =>
    clearTimeout(timer),
  )
}

/**
 * @typedef {object} Site
 * @property {string} publicId
 * @property {string} id
 * @property {string} secret
 *
 * @typedef {object} Running
 * @property {string} name
 * @property {number} port
 * @property {number} pid
 * @property {Site} site
 * @property {() => Promise<void>} stop
 */

/** As an operator makes it, on the very database that the server will use. @param {Record<string, string>} env @returns {Site} */
export const addSite = (env) => {
  const said = execFileSync(process.execPath, [CLI, 'site', 'add'], {
    env: { ...process.env, ...env },
  }).toString()
  const [, id = '', publicId = '', secret = ''] =
    /site +(\S+)\npublic id +(\S+)\nsecret +(\S+)/.exec(said) ?? []
  return { id, publicId, secret }
}

/** @returns {Site} */
export const madeUpSite = () => ({
  id: '11111111-2222-4333-8444-555555555555',
  publicId: '0123456789abcdef0123456789abcdef',
  secret: 'a-secret-of-the-bench-0123456789',
})

/**
 * @param {string} name
 * @param {string[]} args
 * @param {Record<string, string>} env
 * @param {Site} site
 * @param {() => void} [after]
 * @returns {Promise<Running>}
 */
const start = async (name, args, env, site, after = () => {}) => {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env, SITE: site.publicId, SITE_UUID: site.id, SECRET: site.secret },
    stdio: ['ignore', 'pipe', process.env.BENCH_LOG === undefined ? 'ignore' : 'inherit'],
  })
  process.once('exit', () => child.kill('SIGKILL'))
  const ended = new Promise((resolve) => child.once('close', resolve))
  let said = ''
  /** @type {Promise<number>} */
  const ready = new Promise((resolve, reject) => {
    child.stdout?.on('data', (text) => {
      said += String(text)
      const found = /ready: http:\/\/127\.0\.0\.1:(\d+)/.exec(said)
      if (found) resolve(Number(found[1]))
    })
    child.once('close', () =>
      reject(new Error(`${name} did not start; set BENCH_LOG=1 to see why`)),
    )
  })
  const port = await inTime(ready, START_MS, `${name} is not ready`)
  return {
    name,
    port,
    pid: child.pid ?? 0,
    site,
    stop: async () => {
      child.kill('SIGTERM')
      await inTime(ended, STOP_MS, `${name} does not end`).finally(() => child.kill('SIGKILL'))
      after()
    },
  }
}

export const startScript = (
  /** @type {string} */ name,
  /** @type {string} */ script,
  /** @type {Site} */ site,
  /** @type {Record<string, string>} */ env = {},
) => start(name, [here(script)], env, site)

/** Starts this server as it runs in production. @param {string} name @param {Record<string, string>} database */
export const startOurs = async (name, database) => {
  const folder = mkdtempSync(join(tmpdir(), 'opsmantik-bench-'))
  const env = { DATA_DIR: folder, ...database }
  const site = addSite(env)
  const production = {
    ...env,
    ...LIMITS,
    PORT: '0',
    NODE_ENV: 'production',
    ALLOWED_ORIGINS: 'https://www.shop.example',
  }
  return start(name, [CLI], production, site, () =>
    rmSync(folder, { recursive: true, force: true }),
  )
}

/**
 * Returns the microseconds of CPU that a process's threads have used, with nanosecond resolution, while a tick is 10
 * ms.
 *
 * @param {number} pid
 */
export const cpuOf = (pid) => {
  const tasks = `/proc/${pid}/task`
  const ran = readdirSync(tasks).map((task) =>
    Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]),
  )
  return ran.reduce((sum, nanoseconds) => sum + nanoseconds, 0) / 1_000
}

/** Returns a process's memory in MiB. @param {number} pid */
export const memoryOf = (pid) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

/**
 * @param {Running} server
 * @param {{ connections: number, requests: number, perSecond: number | null }} how
 * @returns {Promise<import('./load.mjs').Result & { cpu: number, memory: number }>} cpu: microseconds a request
 */
export const load = async (server, how) => {
  const child = fork(here('load.mjs'))
  const { publicId: site, secret } = server.site
  const before = cpuOf(server.pid)
  child.send({ port: server.port, site, secret, ...how })
  /** @type {Promise<{ result: import('./load.mjs').Result, error?: string }>} */
  const message = new Promise((resolve, reject) => {
    child.once('message', (said) =>
      resolve(/** @type {{ result: import("./load.mjs").Result }} */ (said)),
    )
    child.once('exit', (code) => reject(new Error(`${server.name}: its load ended with ${code}`)))
  })
  const said = await inTime(message, LOAD_MS, `${server.name} does not answer its load`).finally(
    () => child.kill(),
  )
  const cpu = (cpuOf(server.pid) - before) / how.requests
  const memory = memoryOf(server.pid)
  if (said.error !== undefined) throw new Error(`${server.name}: ${said.error}`)
  return { ...said.result, cpu, memory }
}
