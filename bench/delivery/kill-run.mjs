// npm run bench:kill: what is left of a press when the browser is killed soon after it.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { choose } from './choose.mjs'
import { chromium } from './engines/chromium.mjs'
import { firefox } from './engines/firefox.mjs'
import { webkit } from './engines/webkit.mjs'
import { inParallel } from './in-parallel.mjs'
import { playKill, SERVERS } from './kill.mjs'
import { killTable } from './kill-table.mjs'

const HELP = `Usage: npm run bench:kill -- [options]

Presses on shops in a browser, kills the browser (SIGKILL), opens it again with the same profile once the server has
recovered, and counts at the server.

  --presses <n>        in each cell (default 20)
  --engine <names>     chromium, firefox, webkit, separated by commas (default: chromium,firefox)
  --mode <names>       proxy, signed (default: both)
  --server <states>    ${SERVERS.join(', ')}, from the press to the end
                       (default: unreachable,hanging,503,offline)
  --press-at <s,…>     seconds after the page has loaded (default 0,10,45)
  --kill-after <s,…>   seconds after the press (default 0.1,1,6,30)
  --parallel <n>       browsers at the same time (default 2)
  --bound <s>          seconds that an event may take after the browser has come back (default 120)
  --core <file>        the tracker's script (default: dist/core.js, which npm run build makes)
  --out <file>         appends one JSON object a browser to it
  --table <file>       only prints the Markdown table of what --out has written

Exit code 1 when an event was lost in a browser that lived at least a second longer than the press, or stored twice.`

/** Presses share a browser; the shorter its life after them, the fewer, so that they are all about as old when it ends. */
const PRESSES_MAX = /** @type {const} */ ([
  [0.1, 5],
  [1, 10],
  [Infinity, 20],
])

const { values } = parseArgs({
  options: {
    presses: { type: 'string', default: '20' },
    engine: { type: 'string', default: 'chromium,firefox' },
    mode: { type: 'string', default: 'proxy,signed' },
    server: { type: 'string', default: 'unreachable,hanging,503,offline' },
    'press-at': { type: 'string', default: '0,10,45' },
    'kill-after': { type: 'string', default: '0.1,1,6,30' },
    parallel: { type: 'string', default: '2' },
    bound: { type: 'string', default: '120' },
    core: {
      type: 'string',
      default: fileURLToPath(new URL('../../dist/core.js', import.meta.url)),
    },
    out: { type: 'string' },
    table: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(HELP)
  process.exit()
}
if (values.table) {
  console.log(
    killTable(
      readFileSync(values.table, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ),
  )
  process.exit()
}

const engines = [chromium, firefox, webkit]
const names = choose(
  'engine',
  values.engine,
  engines.map(({ name }) => name),
)
const seconds = (/** @type {string} */ text) => text.split(',').map(Number)
if (!existsSync(values.core)) {
  console.error(`${values.core} is missing: npm run build`)
  process.exit(2)
}
const core = readFileSync(values.core)

/** @type {import('./kill-table.mjs').KillJob[]} */
const jobs = []
for (const killAfter of seconds(values['kill-after']))
  for (const engine of names)
    for (const mode of choose('mode', values.mode, /** @type {const} */ (['proxy', 'signed'])))
      for (const server of choose('server', values.server, SERVERS))
        for (const pressAt of seconds(values['press-at'])) {
          const [, most] = PRESSES_MAX.find(([after]) => killAfter <= after) ?? [0, 20]
          for (let left = Number(values.presses); left > 0; left -= most)
            jobs.push({ engine, mode, server, pressAt, killAfter, sent: Math.min(left, most) })
        }

/** @type {import('./kill-table.mjs').KillResult[]} */
const results = []
let bad = 0
await inParallel(jobs, Number(values.parallel), async (job) => {
  const engine = engines.find(({ name }) => name === job.engine)
  if (!engine) return
  try {
    const survival = await playKill(
      engine,
      job.mode,
      job,
      job.sent,
      core,
      1000 * Number(values.bound),
    )
    const result = { ...job, ...survival }
    results.push(result)
    if (values.out) appendFileSync(values.out, JSON.stringify(result) + '\n')
    const { sent, arrived, once, held, deliveries, age } = result
    const lost = sent - arrived
    const isBad = once < arrived || (lost > 0 && job.killAfter >= 1)
    if (isBad) bad++
    console.log(
      `${job.engine} ${job.mode}, ${job.server}, pressed at ${job.pressAt} s, killed after ${age.map((s) => s.toFixed(2)).join(' to ')} s: ` +
        `${arrived} of ${sent} arrived, ${held} held, ${deliveries} deliveries${isBad ? '  NOT AS IT SHOULD BE' : ''}`,
    )
  } catch (error) {
    bad++
    console.log(`${JSON.stringify(job)} FAILED ${String(error).split('\n')[0]}`)
  }
})
console.log('\n' + killTable(results))
process.exit(bad ? 1 : 0)
