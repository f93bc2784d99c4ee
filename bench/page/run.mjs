// npm run bench:page: what a tracker costs the page it is on, in Chromium with its CPU slowed down four times.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { rollup } from 'rollup'
import { options } from '../delivery/engines/chromium.mjs'
import { installPeers, PEERS } from '../delivery/peers.mjs'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '25' } } })
const SLOWER = 4
const LONG_TASK = 50_000

installPeers()
const file = (/** @type {string} */ path) => join(PEERS, 'node_modules', path)

/** As one classic script, so that all are loaded in the same way. @param {string} code @param {string} entry */
const classic = async (code, entry) => {
  const bundle = await rollup({
    input: 'start',
    plugins: [
      {
        name: 'start',
        resolveId: (id) => (id === 'start' ? id : id === 'peer' ? file(entry) : null),
        load: (id) => (id === 'start' ? code : null),
      },
    ],
  })
  const { output } = await bundle.generate({ format: 'iife', compact: true })
  return output[0].code
}

/** @type {Record<string, { script: string, attributes?: string }>} */
const subjects = {
  nothing: { script: '' },
  ours: {
    script: readFileSync(fileURLToPath(new URL('../../dist/core.js', import.meta.url)), 'utf8'),
    attributes: `data-ops-site-id="${'0123456789abcdef'.repeat(2)}" data-ops-proxy-url="/sent" data-ops-sync-url="/sent"`,
  },
  plausible: {
    script: await classic(
      `import { init } from 'peer'
      window.__plausible = true // else it ignores a browser that is driven
      init({ domain: 'shop.example', endpoint: '/sent', captureOnLocalhost: true, outboundLinks: true, formSubmissions: true })`,
      '@plausible-analytics/tracker/plausible.js',
    ),
  },
  'web-vitals': {
    script: await classic(
      `import { onCLS, onINP, onLCP } from 'peer'
      for (const on of [onCLS, onINP, onLCP]) on(() => {})`,
      'web-vitals/dist/web-vitals.js',
    ),
  },
}

let sent = 0
const server = createServer((request, response) => {
  const name = (request.url ?? '').slice(1)
  if (name === 'sent') {
    sent++
    request.resume()
    response.setHeader('Content-Type', 'application/json').end('{"status":"unmatched"}')
  } else if (name.endsWith('.js'))
    response
      .setHeader('Content-Type', 'text/javascript')
      .end(subjects[decodeURIComponent(name.slice(0, -3))]?.script)
  else {
    const subject = decodeURIComponent(name)
    response.setHeader('Content-Type', 'text/html').end(`<!doctype html><title>t</title>
      <link rel="icon" href="data:,">
      <p><a id="phone" href="tel:+905000000000">call</a> <a id="out" href="https://other.example/">out</a></p>
      ${subject === 'nothing' ? '' : `<script src="/${name}.js" ${subjects[subject]?.attributes ?? ''}></script>`}
      <script>addEventListener('click', (event) => event.preventDefault())</script>`)
  }
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
const address = server.address()
const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`

const browser = await chromium.launch(options)

/** @typedef {{ name: string, ph: string, dur?: number, args?: { data?: { url?: string, type?: string } } }} TraceEvent */

/** One cold load and one press, in a context of its own. @param {string} subject */
const measure = async (subject) => {
  const context = await browser.newContext()
  const page = await context.newPage()
  const session = await context.newCDPSession(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWER })
  await browser.startTracing(page, { categories: ['devtools.timeline', 'toplevel', 'v8'] })
  const before = sent
  await page.goto(`${url}/${encodeURIComponent(subject)}`)
  await page.waitForTimeout(200)
  const views = sent - before
  await page.click(subject === 'plausible' ? '#out' : '#phone')
  await page.waitForTimeout(200)
  /** @type {{ traceEvents: TraceEvent[] }} */
  const { traceEvents } = JSON.parse(String(await browser.stopTracing()))
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  await context.close()
  const micros = (/** @type {(event: TraceEvent) => boolean | undefined} */ wanted) =>
    traceEvents.filter(wanted).reduce((sum, { dur = 0 }) => sum + dur, 0)
  return {
    evaluation: micros(
      ({ name, args }) => name === 'EvaluateScript' && args?.data?.url?.endsWith('.js'),
    ),
    click: micros(({ name, args }) => name === 'EventDispatch' && args?.data?.type === 'click'),
    longTasks: traceEvents.filter(({ name, dur = 0 }) => /RunTask/.test(name) && dur > LONG_TASK)
      .length,
    memory: usedSize / 1024,
    sent: `${views} + ${sent - before - views}`,
  }
}

/** @param {number[]} numbers */
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN

/** @type {Record<string, Awaited<ReturnType<typeof measure>>[]>} */
const results = Object.fromEntries(Object.keys(subjects).map((name) => [name, []]))
// Round by round, so that a slow minute of the machine is everybody's.
for (let round = 0; round <= Number(values.rounds); round++)
  for (const subject of Object.keys(subjects)) {
    const result = await measure(subject)
    // The first round warms the browser up.
    if (round > 0) results[subject]?.push(result)
  }
await browser.close()
server.close()

const of = (/** @type {string} */ name, /** @type {'evaluation' | 'click' | 'memory'} */ what) =>
  median((results[name] ?? []).map((result) => result[what]))
const ratio = (/** @type {string} */ name, /** @type {'evaluation' | 'click'} */ what) => {
  const base = what === 'click' ? of('nothing', 'click') : 0
  return ((of(name, what) - base) / (of('plausible', what) - base)).toFixed(2)
}
console.log(
  `medians of ${values.rounds} cold loads, CPU ${SLOWER} times slower; a press on a link\n`,
)
console.log(
  '| | evaluation ms | of Plausible | click ms | of Plausible | long tasks | heap KiB more | sent: load + click |',
)
console.log('|---|---|---|---|---|---|---|---|')
for (const name of Object.keys(subjects))
  console.log(
    `| ${name} | ${(of(name, 'evaluation') / 1000).toFixed(2)} | ${ratio(name, 'evaluation')} | ${(of(name, 'click') / 1000).toFixed(2)} | ${ratio(name, 'click')} | ${results[name]?.reduce((sum, { longTasks }) => sum + longTasks, 0)} | ${(of(name, 'memory') - of('nothing', 'memory')).toFixed(0)} | ${results[name]?.[0]?.sent} |`,
  )
