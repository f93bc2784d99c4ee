// `npm run test:all`: every test that `npm test` leaves out, in two lanes that run side by side.
import { spawn } from 'node:child_process'

/**
 * Most of these projects run one file after the other and wait more than they compute, so two cores take two of them.
 * Projects that build or pack the same folders (types, tarballs, the site) are in the second lane, one after the other.
 */
const LANES = [
  [
    'sim -- --seeds 10000',
    'sim -- --bugs',
    'test:tools',
    'test:engines',
    'test:attacks',
    'test:wordpress',
  ],
  ['test:pages', 'test:examples', 'test:starters', 'test:docs', 'test:services'],
]
/** Lines of a failed project's output that are printed again at the end. */
const LAST_LINES = 120

/**
 * Runs an npm script and prints what it printed when it has ended, so that two lanes do not mix.
 *
 * @param {string} script
 * @returns {Promise<{ script: string, code: number | null, output: string }>}
 */
const run = (script) =>
  new Promise((resolve) => {
    const began = Date.now()
    const child = spawn('npm', ['run', ...script.split(' ')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text))
    child.on('close', (code) => {
      const seconds = Math.round((Date.now() - began) / 1000)
      console.log(`\n== npm run ${script}: ${seconds} s, exit ${code}\n${output}`)
      resolve({ script, code, output })
    })
  })

/** @param {string[]} lane */
const runLane = async (lane) => {
  const results = []
  for (const script of lane) results.push(await run(script))
  return results
}

console.log(`two lanes: ${LANES.map((lane) => lane.join(', ')).join(' | ')}`)
const results = (await Promise.all(LANES.map(runLane))).flat()
const failed = results.filter(({ code }) => code !== 0)
for (const { script, output } of failed)
  console.log(
    `\n== failed: npm run ${script}\n${output.trimEnd().split('\n').slice(-LAST_LINES).join('\n')}`,
  )
console.log(`\n${results.length - failed.length} of ${results.length} passed`)
process.exitCode = failed.length > 0 ? 1 : 0
