// npm run bench:soak: whether memory stays flat. The same load for minutes, and what the process holds at every slice.
import { parseArgs } from 'node:util'
import { startPostgres } from '../../test/services/postgres.mjs'
import { startRedis } from '../../test/services/redis.mjs'
import { load, startOurs } from './servers.mjs'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    perSecond: { type: 'string', default: '1500' },
    only: { type: 'string' },
  },
})
const perSecond = Number(values.perSecond)
/** Seconds of load between two looks at the memory. */
const SLICE = 10

const postgres = await startPostgres()
const redis = await startRedis()
const DATABASE_URL = postgres.url()
/** @type {[string, Record<string, string>][]} */
const rows = [
  ['PGlite', {}],
  ['Postgres + Redis', { DATABASE_URL, REDIS_URL: redis.url }],
]
console.log(`${perSecond} requests a second for ${values.minutes} minutes; memory in MiB\n`)
console.log(
  '| Server | sent | refused or lost | p99 ms | after 1 min | half-way | at the end | end / half-way |',
)
console.log('|---|---|---|---|---|---|---|---|')
for (const [name, env] of rows.filter(([label]) => label.includes(values.only ?? ''))) {
  const server = await startOurs(name, env)
  const slices = (Number(values.minutes) * 60) / SLICE
  /** @type {number[]} */
  const memory = []
  let sent = 0
  let good = 0
  let worst = 0
  for (let slice = 0; slice < slices; slice++) {
    const result = await load(server, { connections: 32, requests: perSecond * SLICE, perSecond })
    memory.push(result.memory)
    sent += perSecond * SLICE
    good += result.answers['200 unmatched'] ?? 0
    worst = Math.max(worst, result.p99)
  }
  /** Returns the highest of three slices, because a process's memory fluctuates. @param {number} slice */
  const around = (slice) => Math.max(...memory.slice(Math.max(0, slice - 2), slice + 1))
  const [early, middle, end] = [60 / SLICE - 1, slices / 2, slices - 1].map(around)
  console.log(
    `| ${name} | ${sent} | ${sent - good} | ${worst.toFixed(1)} | ${early?.toFixed(0)} | ${middle?.toFixed(0)} | ${end?.toFixed(0)} | ${((end ?? 0) / (middle ?? 1)).toFixed(2)} |`,
  )
  await server.stop()
}
await redis.stop()
await postgres.stop()
