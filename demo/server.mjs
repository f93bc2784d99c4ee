import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/**
 * @typedef {object} ServerOptions
 * @property {number} port
 * @property {string} siteId
 * @property {string} secret
 * @property {string[]} origins exactly those that may call
 * @property {string | undefined} [dataDir] default `memory:`
 * @property {string | undefined} [logLevel] default `warn`
 * @property {Record<string, string>} [variables] further variables of server-reference/README.md
 */

/**
 * @typedef {object} ServerProcess
 * @property {string} url URL of the live console
 * @property {Promise<string>} ended how it ended, in words
 * @property {() => Promise<void>} stop
 */

const CLI = fileURLToPath(new URL('../server-reference/dist/cli.js', import.meta.url))
const READY = /^OpsMantik reference server ready: (http\S+)/
/** The server itself takes up to ten seconds to finish what is in flight (docs/reference-server.md). */
const PATIENCE = 12_000
/** The first start of an embedded database on a slow machine. */
const START_LIMIT = 60_000

/**
 * Environment variables that the process inherits. No others: a DATABASE_URL that is meant for something else must stay
 * out.
 */
const SURROUNDINGS = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'NODE_OPTIONS']

/**
 * Starts the built reference server as a separate process and waits until it is ready.
 *
 * @param {ServerOptions} options
 * @returns {Promise<ServerProcess>}
 */
export async function startServer(options) {
  const { port, siteId, secret, origins, dataDir, logLevel, variables } = options
  const env = {
    ...Object.fromEntries(SURROUNDINGS.map((name) => [name, process.env[name]])),
    NODE_ENV: 'development',
    HOST: '127.0.0.1',
    PORT: String(port),
    DATA_DIR: dataDir ?? 'memory:',
    SEED_SITES: `${siteId}:${secret}`,
    ALLOWED_ORIGINS: origins.join(','),
    LOG_LEVEL: logLevel ?? 'warn',
    ...variables,
  }
  const child = spawn(process.execPath, [CLI], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    // In a separate process group, so that Ctrl-C reaches it once, through stop(), and not twice.
    detached: process.platform !== 'win32',
  })
  // The server must not outlive this process, however it ends.
  const abandon = () => child.kill('SIGKILL')
  process.once('exit', abandon)
  /** @type {Promise<string>} */
  const ended = new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      process.removeListener('exit', abandon)
      resolve(signal ? `ended by ${signal}` : `ended with code ${code}`)
    })
  })

  const stop = async () => {
    child.kill('SIGTERM')
    const impatient = setTimeout(abandon, PATIENCE)
    await ended
    clearTimeout(impatient)
  }

  // Held back until it is ready: the live token is among them, and a log is a bad place for it.
  /** @type {string[]} */
  const early = []
  const url = await new Promise((resolve, reject) => {
    const slow = setTimeout(() => {
      stop()
      reject(new Error(`The server was not ready after ${START_LIMIT / 1000} s`))
    }, START_LIMIT)
    const settle = () => clearTimeout(slow)
    let ready = false
    const lines = createInterface({ input: child.stdout })
    lines.on('line', (line) => {
      const found = READY.exec(line)
      if (found?.[1]) {
        ready = true
        settle()
        resolve(found[1])
      } else if (ready) console.log(line)
      else early.push(line)
    })
    child.once('error', reject)
    child.once('exit', async () => {
      settle()
      const said = early.filter((line) => !/token/i.test(line))
      reject(new Error([`The server ${await ended} before it was ready.`, ...said].join('\n')))
    })
  })

  return { url, ended, stop }
}
