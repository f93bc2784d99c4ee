import { expect, test } from 'vitest'
import { BUGS } from './bugs.js'
import { hunt } from './hunt.js'
import { load, run } from './run.js'

const SEEDS = 500

test(`${SEEDS} seeds: nothing lost, nothing twice, nothing before its time`, async () => {
  const code = await load()
  const wrong: unknown[] = []
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { violation } = await run(code, seed)
    if (violation) wrong.push({ ...violation, replay: `npm run sim -- --seed ${seed} --trace` })
  }
  expect(wrong).toEqual([])
})

test('a seed goes the same way each time', async () => {
  const code = await load()
  const trace = async (seed: number) => {
    const lines: string[] = []
    await run(code, seed, (line) => lines.push(line))
    return lines
  }
  for (const seed of [3, 5, 8]) expect(await trace(seed)).toEqual(await trace(seed))
})

test.each(['forgotten before the response', 'server: key before the commit'])(
  'finds a planted bug: %s',
  async (name) => {
    const bug = BUGS.find((one) => one.name === name)!
    expect(await hunt(bug, SEEDS)).toBeDefined()
  },
)

test('a bug that cannot be planted is an error, not a miss', async () => {
  const edits = [{ file: 'src/tracker/outbox.ts', find: 'no such words', replace: '' }]
  await expect(load(edits)).rejects.toThrow(/outbox\.ts has 0 times/)
})
