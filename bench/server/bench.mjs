// npm run bench:server: what each check costs, as CPU per request of one process beside the contract limit. All servers
// run at once and take turns, so that a machine that is busy is busy for all of them: compare the ratios.
import { parseArgs } from 'node:util'
import { startPostgres } from '../../test/services/postgres.mjs'
import { startRedis } from '../../test/services/redis.mjs'
import { printTable } from './print-table.mjs'
import { addSite, load, madeUpSite, startOurs, startScript } from './servers.mjs'

const { values } = parseArgs({
  options: {
    requests: { type: 'string' },
    rounds: { type: 'string' },
    connections: { type: 'string', default: '32' },
    /** Parts of names, with commas; the contract limit is always there. */
    only: { type: 'string', default: '' },
    /** A minute instead of ten: fewer rounds, no latency at 80 % load. */
    short: { type: 'boolean', default: false },
  },
})
const requests = Number(values.requests ?? (values.short ? 3_000 : 6_000))
const rounds = Number(values.rounds ?? (values.short ? 4 : 10))
const connections = Number(values.connections)

const postgres = await startPostgres()
const redis = await startRedis()
const DATABASE_URL = postgres.url()
// A store that is slower than its patience counts as down, and a busy machine makes it slow: without this, the row would
// measure the absence of Redis.
const REDIS = { REDIS_URL: redis.url, REDIS_PATIENCE_MS: '5000' }
const site = addSite({ DATABASE_URL })

const LIMIT = 'contract limit'
/** @type {[string, (name: string) => Promise<import('./servers.mjs').Running>][]} */
const starters = [
  ['raw node:http, reads the body', (name) => startScript(name, 'raw.mjs', madeUpSite())],
  [LIMIT, (name) => startScript(name, 'contract-limit.mjs', site, { DATABASE_URL })],
  ['this server, memory', (name) => startScript(name, 'memory.mjs', madeUpSite())],
  ['this server, Postgres', (name) => startOurs(name, { DATABASE_URL })],
  ['this server, Postgres + Redis', (name) => startOurs(name, { DATABASE_URL, ...REDIS })],
  ['this server, PGlite', (name) => startOurs(name, {})],
  ['Fastify + pg', (name) => startScript(name, 'peer-fastify.mjs', site, { DATABASE_URL })],
]
const wanted = values.only.split(',')
const rows = []
for (const [name, start] of starters)
  if (name === LIMIT || wanted.some((part) => name.includes(part))) {
    const server = await start(name)
    /** @type {import('./print-table.mjs').Row} */
    const row = { name, cpu: [], perSecond: [], p50: [], p99: [], at80: [], memory: 0 }
    rows.push({ server, row })
    // Warm-up: until the code is compiled and the connections are open.
    await load(server, { connections, requests: 6_000, perSecond: null })
  }

for (let round = 0; round < rounds; round++)
  for (const { server, row } of rows) {
    const result = await load(server, { connections, requests, perSecond: null })
    const wrong = Object.keys(result.answers).filter((what) => what !== '200 unmatched')
    if (wrong.length > 0) throw new Error(`${row.name}: ${JSON.stringify(result.answers)}`)
    row.cpu.push(result.cpu)
    row.perSecond.push(requests / result.seconds)
    row.p50.push(result.p50)
    row.p99.push(result.p99)
    row.memory = result.memory
  }
for (let round = 0; round < (values.short ? 0 : 3); round++)
  for (const { server, row } of rows) {
    const perSecond = Math.max(...row.perSecond) * 0.8
    const paced = await load(server, { connections, requests: Math.ceil(perSecond * 5), perSecond })
    row.at80.push(paced.p99)
  }
for (const { server } of rows) await server.stop()
await redis.stop()
await postgres.stop()

console.log(
  `\n${requests} requests of 400 bytes from 2,000 visitors, ${connections} connections from 50 addresses, ${rounds} rounds in turn\n`,
)
printTable(
  rows.map(({ row }) => row),
  LIMIT,
)
