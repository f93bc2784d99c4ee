import type { Result } from './run.js'

/** Ids of known failures, one a line; what follows a `#` is a note. */
export const readBaseline = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter(Boolean)

export interface Judgement {
  /** What makes the run fail. */
  failures: Result[]
  /** Failures that were known. */
  known: Result[]
  /** Ids of the baseline that pass by now, or that no check has any more. They make the run fail too. */
  stale: string[]
  /** What could not be run at all. */
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

/** 0: conforms. 1: does not. 2: could not be run. */
export const exitCode = ({ failures, stale, broken }: Judgement): 0 | 1 | 2 =>
  failures.length + stale.length > 0 ? 1 : broken.length > 0 ? 2 : 0
