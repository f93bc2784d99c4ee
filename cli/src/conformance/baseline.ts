import type { Result } from './run.js'

/** Ids of known failures, one a line; what follows a `#` is a note. */
export const readBaseline = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter(Boolean)

export interface Judgement {
  /** Reasons why the run fails. */
  failures: Result[]
  /** Failures that were known. */
  known: Result[]
  /** Ids of the baseline that pass by now, or that no check has any more. They make the run fail too. */
  stale: string[]
  /** Checks that could not be run at all. */
  broken: Result[]
}

/**
 * Judges a run. Only a MUST that fails makes it fail: a SHOULD or a MAY is a recommendation, which the report shows.
 *
 * @param isWhole whether every check was run, so that an id that is not among the results exists no more
 */
export const judgeRun = (
  results: readonly Result[],
  baseline: readonly string[] = [],
  isWhole = true,
): Judgement => {
  const failed = results.filter(({ verdict, level }) => verdict === 'failed' && level === 'MUST')
  const resultOf = (id: string): Result | undefined => results.find((result) => result.id === id)
  return {
    failures: failed.filter(({ id }) => !baseline.includes(id)),
    known: failed.filter(({ id }) => baseline.includes(id)),
    stale: baseline.filter((id) => {
      const result = resultOf(id)
      return result ? result.verdict === 'passed' : isWhole
    }),
    broken: results.filter(({ verdict }) => verdict === 'broken'),
  }
}

/**
 * Returns the exit code. 0: conforms. 1: does not, or a profile that was required is not conformant as a whole. 2: could not
 * be run to the end, or nothing was judged at all.
 */
export const exitCode = (
  { failures, stale, broken }: Judgement,
  results: readonly Result[] = [],
  unmet: readonly unknown[] = [],
): 0 | 1 | 2 => {
  if (failures.length + stale.length + unmet.length > 0) return 1
  const isNothing = results.length > 0 && results.every(({ verdict }) => verdict === 'unseen')
  return broken.length > 0 || isNothing ? 2 : 0
}
