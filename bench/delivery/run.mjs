// npm run bench:delivery: what becomes of presses when pages, networks, servers and browsers go away.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { choose } from './choose.mjs'
import { chromium } from './engines/chromium.mjs'
import { firefox } from './engines/firefox.mjs'
import { webkit } from './engines/webkit.mjs'
import { inParallel } from './in-parallel.mjs'
import { installPeers, isPeer, peers } from './peers.mjs'
import { rows } from './rows.mjs'
import { runRow } from './run-row.mjs'
import { header, line, markdown, verdict } from './table.mjs'

/** @typedef {import('./recorder.mjs').Mode} Mode */

/** @type {Mode[]} */
const MODES = ['proxy', 'proxy-only', 'signed', .../** @type {Mode[]} */ (Object.keys(peers))]

const HELP = `Usage: npm run bench:delivery -- [options]

What becomes of presses when pages, networks, servers and browsers go away.

  --presses <n>      in each row (default 200)
  --engine <names>   chromium, firefox, webkit, separated by commas (default: all)
  --mode <names>     ${MODES.join(', ')} (default: all)
  --rows <text>      only rows whose name contains it; separated by |
  --parallel <n>     rows at the same time (default 1)
  --core <file>      the tracker's script (default: dist/core.js, which npm run build makes)
  --core-proxy <f>   the script of mode proxy-only (default: dist/core.proxy.js)
  --out <file>       appends one JSON object a row to it
  --table <file>     only prints the Markdown table of what --out has written

Exit code 1 when an event of ours was lost, stored twice, delivered more than once by a page that stays or more than
twice by one that goes, or tried again within a minute of a refusal of the configuration.`

const dist = (/** @type {string} */ name) =>
  fileURLToPath(new URL(`../../dist/${name}`, import.meta.url))
const { values } = parseArgs({
  options: {
    presses: { type: 'string', default: '200' },
    engine: { type: 'string', default: 'chromium,firefox,webkit' },
    mode: { type: 'string', default: MODES.join() },
    rows: { type: 'string', default: '' },
    parallel: { type: 'string', default: '1' },
    core: { type: 'string', default: dist('core.js') },
    'core-proxy': { type: 'string', default: dist('core.proxy.js') },
    out: { type: 'string' },
    table: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

/** @param {string} message @returns {never} */
function stop(message) {
  console.error(message)
  process.exit(2)
}

if (values.help) {
  console.log(HELP)
  process.exit()
}
if (values.table) {
  const lines = readFileSync(values.table, 'utf8').trim().split('\n')
  console.log(markdown(lines.map((text) => JSON.parse(text))))
  process.exit()
}
const presses = Number(values.presses)
if (!(presses >= 1 && presses < 1e5)) stop(`--presses ${values.presses}: a number was expected`)
const all = [chromium, firefox, webkit]
const names = choose(
  'engine',
  values.engine,
  all.map(({ name }) => name),
)
const engines = all.filter(({ name }) => names.includes(name))
const modes = choose('mode', values.mode, MODES)
const parts = values.rows.split('|')
const chosen = rows.filter(({ name }) => parts.some((part) => name.includes(part)))
if (!chosen.length)
  stop(`--rows ${values.rows}: none of\n${rows.map(({ name }) => name).join('\n')}`)

/** @param {Mode} mode */
const fileOf = (mode) => (mode === 'proxy-only' ? values['core-proxy'] : values.core)
for (const mode of modes)
  if (!isPeer(mode) && !existsSync(fileOf(mode))) stop(`${fileOf(mode)} is missing: npm run build`)
const absent = engines.filter(({ missing }) => missing)
if (absent.length)
  stop(`Missing: ${absent.map(({ name }) => name).join(', ')}. On Debian:
  apt-get install --no-install-recommends ${absent.map(({ missing }) => missing).join(' ')}`)
if (modes.some(isPeer)) installPeers()

/** @param {Mode} mode @param {import('./rows.mjs').Row} row */
const applies = (mode, row) =>
  isPeer(mode) ? row.peers : !row.only || (row.only === 'signed') === (mode === 'signed')

const jobs = engines.flatMap((engine) =>
  modes.flatMap((mode) =>
    chosen.filter((row) => applies(mode, row)).map((row) => ({ engine, mode, row })),
  ),
)
let bad = 0
let title = ''
await inParallel(jobs, Number(values.parallel), async ({ engine, mode, row }) => {
  const result = await runRow(
    engine,
    mode,
    row,
    presses,
    isPeer(mode) ? undefined : readFileSync(fileOf(mode)),
  )
  if (title !== (title = `${engine.name}, ${mode}`)) console.log(`\n${title}\n${header()}`)
  console.log(line(result))
  if (values.out) appendFileSync(values.out, JSON.stringify(result) + '\n')
  if (!isPeer(mode) && verdict(result) !== 'ok') bad++
})
if (bad) console.log(`\n${bad} rows are not as they should be`)
process.exit(bad ? 1 : 0)
