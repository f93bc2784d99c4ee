// npm run bench:page: what a tracker costs the page it is on, in Chromium with its CPU slowed down four times.
import { createServer } from 'node:http'
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { choose } from '../delivery/choose.mjs'
import { options } from '../delivery/engines/chromium.mjs'
import { createSubjects } from './subjects.mjs'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '25' },
    only: { type: 'string' },
    // Writes the last trace of each subject, for chrome://tracing and the like.
    trace: { type: 'string' },
  },
})
const SLOWER = 4
const LONG_TASK = 50_000
/** Milliseconds that a visitor looks at a page before the first press, and between two. */
const LOOKS = 1_000
/** Milliseconds that a mouse button is down. */
const HELD_DOWN = 80
/** Matches the events of which a press consists, for the page. */
const PRESS = /^(pointer|mouse)(down|up)$|^click$/

const all = await createSubjects()
const chosen = values.only ? choose('only', values.only, Object.keys(all)) : Object.keys(all)

let sent = 0
const server = createServer((request, response) => {
  const name = decodeURIComponent((request.url ?? '').slice(1))
  if (name === 'sent') {
    sent++
    request.resume()
    response.setHeader('Content-Type', 'application/json').end('{"status":"unmatched"}')
  } else if (name.startsWith('script/'))
    response
      .setHeader('Content-Type', 'text/javascript')
      .end(all[name.slice('script/'.length)]?.script)
  else {
    const { leaves, attributes = '' } = all[name] ?? {}
    const link = (/** @type {number} */ i) =>
      `<a style="position: fixed; top: 0; left: ${i * 100}px; width: 90px; height: 40px" href="${leaves ? `https://other${i}.example/` : `tel:+90500000000${i}`}">press</a>`
    response.setHeader('Content-Type', 'text/html').end(`<!doctype html><title>t</title>
      <link rel="icon" href="data:,">${link(0)}${link(1)}
      ${name === 'nothing' ? '' : `<script src="/script/${name}" ${attributes}></script>`}
      <script>addEventListener('click', (event) => event.preventDefault())</script>`)
  }
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
const address = server.address()
const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`

const browser = await chromium.launch(options)

/** @typedef {{ name: string, ph: string, pid: number, tid: number, ts: number, dur?: number, tdur?: number, args?: { data?: { url?: string, type?: string } } }} TraceEvent */

/** Measures one cold load and two presses, in a new context. @param {string} subject */
const measure = async (subject) => {
  const context = await browser.newContext()
  const page = await context.newPage()
  const session = await context.newCDPSession(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWER })
  await browser.startTracing(page, {
    categories: ['devtools.timeline', 'toplevel', 'v8', 'blink.user_timing'],
  })
  const before = sent
  await page.goto(`${url}/${encodeURIComponent(subject)}`)
  await page.waitForTimeout(LOOKS)
  const views = sent - before
  for (const i of [0, 1]) {
    await page.evaluate(`performance.mark('press ${i}')`)
    await page.mouse.move(i * 100 + 20, 20)
    await page.mouse.down()
    await page.waitForTimeout(HELD_DOWN)
    await page.mouse.up()
    await page.waitForTimeout(LOOKS)
  }
  const trace = String(await browser.stopTracing())
  if (values.trace) writeFileSync(`${values.trace}-${subject}.json`, trace)
  /** @type {{ traceEvents: TraceEvent[] }} */
  const { traceEvents } = JSON.parse(trace)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  await context.close()
  const presses = traceEvents.filter(
    ({ name, args }) => name === 'EventDispatch' && PRESS.test(args?.data?.type ?? ''),
  )
  const [first, second] = [0, 1].map((i) => traceEvents.find(({ name }) => name === `press ${i}`))
  if (!first || !second) throw new Error(`the trace of ${subject} has no presses`)
  const tasks = traceEvents.filter(
    ({ name, pid, tid }) => /RunTask/.test(name) && pid === first.pid && tid === first.tid,
  )
  /** @param {TraceEvent[]} events @param {0 | 1} press */
  const during = (events, press) =>
    micros(events.filter(({ ts }) => (press ? ts >= second.ts : ts >= first.ts && ts < second.ts)))
  // Uses the CPU time of the thread if the trace has it, because other processes do not affect it.
  const micros = (/** @type {TraceEvent[]} */ events) =>
    events.reduce((sum, { dur = 0, tdur = dur }) => sum + tdur, 0)
  return {
    evaluation: micros(
      traceEvents.filter(
        ({ name, args }) => name === 'EvaluateScript' && args?.data?.url?.includes('/script/'),
      ),
    ),
    cold: during(presses, 0),
    coldTasks: during(tasks, 0),
    warm: during(presses, 1),
    warmTasks: during(tasks, 1),
    longTasks: tasks.filter(({ dur = 0 }) => dur > LONG_TASK).length,
    memory: usedSize / 1024,
    sent: `${views} + ${sent - before - views}`,
  }
}

/** @param {number[]} numbers */
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN

/** @type {Record<string, Awaited<ReturnType<typeof measure>>[]>} */
const results = Object.fromEntries(chosen.map((name) => [name, []]))
// Round by round, so that a slow minute of the machine affects all subjects.
for (let round = 0; round <= Number(values.rounds); round++)
  for (const subject of chosen) {
    const result = await measure(subject)
    // The first round warms the browser up.
    if (round > 0) results[subject]?.push(result)
  }
await browser.close()
server.close()

/** @typedef {'evaluation' | 'cold' | 'warm' | 'coldTasks' | 'warmTasks' | 'memory'} Figure */
const of = (/** @type {string} */ name, /** @type {Figure} */ what) =>
  median((results[name] ?? []).map((result) => result[what]))
/** @param {string} name @param {Figure} what */
const over = (name, what) => of(name, what) - of('nothing', what)
/** @param {string} name @param {'limit' | 'plausible'} base @param {Figure} what */
const ratio = (name, base, what) => (over(name, what) / over(base, what)).toFixed(2)
const ms = (/** @type {number} */ micros) => (micros / 1000).toFixed(2)
/** @type {[title: string, what: Figure][]} */
const PRESSES = [
  ['first press', 'cold'],
  ['second press', 'warm'],
  ['second after the first', 'coldTasks'],
  ['second after the second', 'warmTasks'],
]
const titles = PRESSES.flatMap(([title]) => [`${title}, ms`, 'of the limit', 'of Plausible'])
console.log(
  `Medians of ${values.rounds} cold loads, CPU ${SLOWER} times slower. A press is all that listeners do from pointer down to
click; the second after it is all that the main thread does; both less what they are without a script.\n`,
)
console.log(
  `| Script | evaluation, ms | ${titles.join(' | ')} | long tasks | heap, KiB more | requests: load + presses |`,
)
console.log(`|${'---|'.repeat(titles.length + 5)}`)
for (const name of chosen)
  console.log(
    `| ${[
      name,
      ms(of(name, 'evaluation')),
      ...PRESSES.flatMap(([, what]) => [
        ms(over(name, what)),
        ratio(name, 'limit', what),
        ratio(name, 'plausible', what),
      ]),
      results[name]?.reduce((sum, { longTasks }) => sum + longTasks, 0),
      over(name, 'memory').toFixed(0),
      results[name]?.[0]?.sent,
    ].join(' | ')} |`,
  )
