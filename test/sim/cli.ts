import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { BUGS, type Bug } from './bugs.js'
import { hunt } from './hunt.js'
import { load, run, type SimulationResult } from './run.js'

const HELP = `npm run sim -- [options]
  --seeds 1000     that many runs
  --from 1         … starting with this seed
  --seed 123       this run alone; with --trace every step of it
  --bug "name"     with this bug planted
  --bugs           plants each bug in turn and says after how many seeds it was found
  --within 1000    … at most`

// The bundle that start.mjs has written is loaded, and has done its service.
rmSync(fileURLToPath(import.meta.url))

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    bug: { type: 'string' },
    bugs: { type: 'boolean', default: false },
    within: { type: 'string', default: '1000' },
    help: { type: 'boolean', default: false },
  },
})

const planted = (name: string): Bug => {
  const found = BUGS.find((bug) => bug.name === name)
  if (found) return found
  throw new Error(`no such bug; there are:\n  ${BUGS.map((bug) => bug.name).join('\n  ')}`)
}

const replay = (seed: number): string =>
  `npm run sim -- --seed ${seed} --trace` + (options.bug ? ` --bug "${options.bug}"` : '')

const say = (seed: number, { violation, step, seconds }: SimulationResult): void =>
  console.log(
    violation
      ? `seed ${seed}, step ${step}, ${seconds.toFixed(3)} s: ${violation.kind}: ${violation.text}\n  ${replay(seed)}`
      : `seed ${seed}: nothing wrong in ${step} steps`,
  )

const seconds = (since: number): string => ((performance.now() - since) / 1_000).toFixed(1) + ' s'

/** Plays many runs; returns false if one found a violation. */
const many = async (from: number, count: number): Promise<boolean> => {
  const code = await load(options.bug ? planted(options.bug).edits : [])
  const started = performance.now()
  const sum = { presses: 0, tries: 0, steps: 0, overlaps: 0, most: 0 }
  let wrong = 0
  for (let seed = from; seed < from + count; seed++) {
    const result = await run(code, seed)
    sum.presses += result.presses
    sum.tries += result.tries
    sum.steps += result.step
    sum.overlaps += result.overlaps
    sum.most = Math.max(sum.most, result.most)
    if (!result.violation) continue
    wrong++
    if (wrong <= 10) say(seed, result)
  }
  console.log(
    `${count} seeds in ${seconds(started)}: ${wrong} with something wrong; ` +
      `${sum.presses} presses, ${sum.tries} requests (at most ${sum.most} unasked for one event, ` +
      `${sum.overlaps} beside another of the same event), ${sum.steps} steps`,
  )
  return wrong === 0
}

const bugs = async (within: number): Promise<boolean> => {
  const started = performance.now()
  let missed = 0
  for (const bug of BUGS) {
    const found = await hunt(bug, within)
    if (!found) missed++
    console.log(
      `${bug.name.padEnd(45)} ` +
        (found
          ? `${String(found.seed).padStart(4)} seeds: ${found.violation.kind}: ${found.violation.text}`
          : `NOT FOUND in ${within} seeds`),
    )
  }
  console.log(`${BUGS.length - missed} of ${BUGS.length} bugs found in ${seconds(started)}`)
  return missed === 0
}

const one = async (seed: number): Promise<boolean> => {
  const code = await load(options.bug ? planted(options.bug).edits : [])
  const result = await run(code, seed, options.trace ? console.log : undefined)
  say(seed, result)
  return !result.violation
}

if (options.help) console.log(HELP)
else {
  const isGood = options.bugs
    ? await bugs(Number(options.within))
    : options.seed === undefined
      ? await many(Number(options.from), Number(options.seeds))
      : await one(Number(options.seed))
  process.exitCode = isGood ? 0 : 1
}
