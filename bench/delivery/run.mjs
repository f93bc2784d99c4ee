import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { chromium } from './engines/chromium.mjs'
import { firefox } from './engines/firefox.mjs'
import { webkit } from './engines/webkit.mjs'
import { installPeers, isPeer, peers } from './peers.mjs'
import { rows } from './rows.mjs'
import { runRow } from './run-row.mjs'
import { header, line, verdict } from './table.mjs'

/** @typedef {import('./recorder.mjs').Mode} Mode */

const HELP = `Usage: npm run bench:delivery -- [options]

What becomes of presses when pages, networks, servers and browsers go away.

  --events <n>       presses in each row (default 200; rows that kill the browser make four)
  --engine <names>   chromium, firefox, webkit, separated by commas (default: all)
  --mode <names>     proxy, signed, plausible, posthog, segment (default: all)
  --row <text>       only rows whose name contains it; separated by |
  --core <file>      the tracker's script (default: dist/core.js, which npm run build makes)
  --json             one JSON object a line in place of the table

Exit code 1 when an event of ours was lost, stored twice, or delivered more than 1.2 times.`

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '200' },
    engine: { type: 'string', default: 'chromium,firefox,webkit' },
    mode: { type: 'string', default: ['proxy', 'signed', ...Object.keys(peers)].join() },
    row: { type: 'string', default: '' },
    core: {
      type: 'string',
      default: fileURLToPath(new URL('../../dist/core.js', import.meta.url)),
    },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

/**
 * @template {string} T
 * @param {string} option
 * @param {string} asked
 * @param {T[]} known
 */
function choose(option, asked, known) {
  const unknown = asked.split(',').filter((word) => !known.some((name) => name === word))
  if (unknown.length) stop(`--${option} ${unknown}: one of ${known.join(', ')} was expected`)
  return known.filter((name) => asked.split(',').includes(name))
}

/** @param {string} message @returns {never} */
function stop(message) {
  console.error(message)
  process.exit(2)
}

if (values.help) {
  console.log(HELP)
  process.exit()
}
const events = Number(values.events)
if (!(events >= 1 && events < 1e5)) stop(`--events ${values.events}: a number was expected`)
const engines = [chromium, firefox, webkit]
const names = choose(
  'engine',
  values.engine,
  engines.map(({ name }) => name),
)
const modes = choose('mode', values.mode, [
  'proxy',
  'signed',
  .../** @type {Mode[]} */ (Object.keys(peers)),
])
const parts = values.row.split('|')
const chosen = rows.filter(({ name }) => parts.some((part) => name.includes(part)))
if (!chosen.length) stop(`--row ${values.row}: none of\n${rows.map(({ name }) => name).join('\n')}`)
if (!existsSync(values.core)) stop(`${values.core} is missing: npm run build`)
const core = readFileSync(values.core)

const absent = engines.filter(({ name, missing }) => names.includes(name) && missing)
if (absent.length)
  stop(`Missing: ${absent.map(({ name }) => name).join(', ')}. This mends it on Debian:
  apt-get install --no-install-recommends ${absent.map(({ missing }) => missing).join(' ')}`)
if (modes.some(isPeer)) installPeers()

let bad = 0
for (const engine of engines.filter(({ name }) => names.includes(name)))
  for (const mode of modes) {
    if (!values.json) console.log(`\n${engine.name}, ${mode}\n${header()}`)
    for (const row of chosen) {
      if (isPeer(mode) ? !row.peers : row.only && row.only !== mode) continue
      const result = await runRow(engine, mode, row, events, core)
      console.log(
        values.json ? JSON.stringify({ ...result, verdict: verdict(result) }) : line(result),
      )
      if (!isPeer(mode) && verdict(result) !== 'ok') bad++
    }
  }
if (bad) console.log(`\n${bad} rows are not as they should be`)
process.exit(bad ? 1 : 0)
