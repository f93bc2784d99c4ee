import type { Bug } from './bugs.js'
import type { Violation } from './ledger.js'
import { load, run } from './run.js'

/** Plants a bug and runs seed after seed, from 1, until one shows it. */
export const hunt = async (
  { edits }: Bug,
  within: number,
): Promise<{ seed: number; violation: Violation } | undefined> => {
  const code = await load(edits)
  for (let seed = 1; seed <= within; seed++) {
    const { violation } = await run(code, seed)
    if (violation) return { seed, violation }
  }
  return undefined
}
