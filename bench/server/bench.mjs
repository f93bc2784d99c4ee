// npm run bench:server: what each check costs, as CPU per request of one process beside the practical limit.
import { parseArgs } from 'node:util'
import { startPostgres } from '../../test/services/postgres.mjs'
import { startRedis } from '../../test/services/redis.mjs'
import { addSite, load, madeUpSite, startOurs, startScript } from './servers.mjs'

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '32' },
    only: { type: 'string' },
  },
})
const requests = Number(values.requests)
const connections = Number(values.connections)
const wanted = (/** @type {string} */ name) =>
  values.only === undefined || name.includes(values.only)

const postgres = await startPostgres()
const redis = await startRedis()
const DATABASE_URL = postgres.url()
const REDIS_URL = redis.url
const limitSite = addSite({ DATABASE_URL })

const RAW = 'raw node:http'
const LIMIT = 'practical limit: raw + HMAC + zod + batched Postgres'
/** @type {[string, (name: string) => Promise<import('./servers.mjs').Running>][]} */
const starters = [
  [RAW, (name) => startScript(name, 'raw.mjs', madeUpSite())],
  [LIMIT, (name) => startScript(name, 'limit.mjs', limitSite, { DATABASE_URL })],
  ['this server, memory', (name) => startScript(name, 'memory.mjs', madeUpSite())],
  ['this server, PGlite', (name) => startOurs(name, {})],
  ['this server, Postgres', (name) => startOurs(name, { DATABASE_URL })],
  ['this server, Postgres + Redis', (name) => startOurs(name, { DATABASE_URL, REDIS_URL })],
]

/** @type {{ name: string, cpu: number, perSecond: number, p50: number, p99: number, at80: number, memory: number }[]} */
const table = []
for (const [name, startServer] of starters.filter(([label]) => wanted(label))) {
  const server = await startServer(name)
  // Until the code is compiled and the connections stand.
  await load(server, { connections, requests: Math.ceil(requests / 2), perSecond: null })
  let best = { cpu: Infinity, perSecond: 0, p50: 0, p99: Infinity, memory: 0 }
  for (let round = 0; round < Number(values.rounds); round++) {
    const { cpu, seconds, p50, p99, memory, answers } = await load(server, {
      connections,
      requests,
      perSecond: null,
    })
    const wrong = Object.keys(answers).filter((what) => what !== '200 unmatched')
    if (wrong.length > 0) throw new Error(`${name}: ${JSON.stringify(answers)}`)
    if (cpu < best.cpu) best = { cpu, perSecond: requests / seconds, p50, p99, memory }
  }
  const perSecond = best.perSecond * 0.8
  const { p99: at80 } = await load(server, {
    connections,
    requests: Math.ceil(perSecond * 5),
    perSecond,
  })
  table.push({ name, ...best, at80 })
  await server.stop()
}
await redis.stop()
await postgres.stop()

const of = (/** @type {string} */ name) => table.find((row) => row.name === name)?.cpu ?? NaN
const limit = of(LIMIT)
console.log(
  `\n${requests} requests of 400 bytes, ${connections} connections, best of ${values.rounds} rounds; p99 at 80 % of the highest load\n`,
)
console.log(
  '| Server | CPU µs/request | of the limit | req/s | p50 ms | p99 ms | p99 at 80 % | MiB |',
)
console.log('|---|---|---|---|---|---|---|---|')
for (const { name, cpu, perSecond, p50, p99, at80, memory } of table)
  console.log(
    `| ${name} | ${cpu.toFixed(0)} | ${(cpu / limit).toFixed(2)} | ${perSecond.toFixed(0)} | ${p50.toFixed(1)} | ${p99.toFixed(1)} | ${at80.toFixed(1)} | ${memory.toFixed(0)} |`,
  )
