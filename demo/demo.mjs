import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { freePort } from './ports.mjs'
import { startServer } from './server.mjs'
import { startShop } from './shop.mjs'

/** @typedef {import('./embed.mjs').Mode} Mode */

/** @type {{ mode: Mode, port: number, about: string }[]} */
const SHOPS = [
  { mode: 'proxy', port: 4001, about: 'the shop’s own server signs; use this one' },
  { mode: 'signed', port: 4002, about: 'the browser signs; the old way' },
  { mode: 'noop', port: 4003, about: 'nothing is sent' },
]
const BUILT = [
  '../dist/proxy.js',
  '../server-reference/dist/cli.js',
  '../server-reference/dist/assets/core.js',
]
const IN_MEMORY = 'memory:'

const dataDir = process.env['DATA_DIR'] || IN_MEMORY
const secret = randomBytes(24).toString('base64url')
// The same id at every start lets an event that a browser still holds arrive after a restart. A persistent database
// keeps its first secret, though, so each run on one gets a separate site.
const siteId =
  dataDir === IN_MEMORY ? 'de40de40de40de40de40de40de40de40' : randomBytes(16).toString('hex')

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(`\n${message}`)
  process.exit(1)
}

/** @param {number} wanted */
async function port(wanted) {
  const found = await freePort(wanted)
  if (wanted && found !== wanted) console.log(`Port ${wanted} is taken, using ${found} instead.`)
  return found
}

/** @type {import('./server.mjs').ServerProcess | undefined} */
let server
/** @type {import('./shop.mjs').Shop[]} */
const running = []
let stopping = false

async function stop() {
  // Both the terminal and npm pass a Ctrl-C on.
  if (stopping) return
  stopping = true
  console.log('\nStopping…')
  await Promise.all([...running.map((shop) => shop.close()), server?.stop()])
  process.exit(0)
}

const missing = BUILT.filter((path) => !existsSync(new URL(path, import.meta.url)))
if (missing.length) fail(`Not built: ${missing.join(', ')}. Start the demo with: npm run demo`)

// Before the server starts: a signal without a listener would end this process and leave that one.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop)

const serverPort = await port(Number(process.env['PORT'] || 8787))
const consoleUrl = `http://127.0.0.1:${serverPort}`
const table = []
/** @type {string[]} */
const origins = []
for (const { mode, port: wanted, about } of SHOPS) {
  const shop = await startShop({
    mode,
    port: await port(wanted),
    siteId,
    secret,
    consoleUrl,
    coreUrl: `${consoleUrl}/assets/core.js`,
  })
  running.push(shop)
  origins.push(new URL(shop.url).origin)
  table.push(`    Shop, ${mode.padEnd(8)} ${shop.url.padEnd(24)} ${about}`)
}

const logLevel = process.env['LOG_LEVEL']
try {
  server = await startServer({ port: serverPort, siteId, secret, origins, dataDir, logLevel })
} catch (error) {
  fail(error instanceof Error ? error.message : String(error))
}
void watch(server)

/** @param {import('./server.mjs').ServerProcess} child */
async function watch(child) {
  const how = await child.ended
  if (!stopping) fail(`The server ${how}; the demo stops with it.`)
}

const refused = origins[1]?.replace('127.0.0.1', 'localhost')
console.log(`
  A bicycle workshop with a phone number, three times, and the console that sees who presses it.

    Live console   ${server.url}
${table.join('\n')}

  1. Open the console and the proxy shop side by side and press the phone number: the call appears.
  2. Press WhatsApp, send the form, look at the prices: what counts appears, the rest does not.
  3. To see a refusal, open the signed shop as ${refused}/ and press. That origin is not
     allowed; the console says so, and what to do about it.

  ${dataDir === IN_MEMORY ? 'Nothing is kept: the database lives in memory. DATA_DIR=<folder> keeps it.' : `The calls are kept in ${dataDir}.`}
  Ctrl-C stops everything.
`)
