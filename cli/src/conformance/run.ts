import { type Check, Limited, Nonconformance, NotSeen } from './check.js'
import type { Exchange } from '../probe/exchange.js'
import { isClosed, rootOf, wordsOf } from '../probe/failure.js'

/**
 * What became of a check. `passed` and `failed` are judgements; `unseen`: it cannot be told from here, for the reason
 * given; `broken`: no answer came.
 */
export type CheckVerdict = 'passed' | 'failed' | 'unseen' | 'broken'

export interface Result {
  id: string
  level: Check<unknown>['level']
  since: string
  section: number
  title: string
  verdict: CheckVerdict
  /** Holds in a situation that few servers are in: if it is unseen, nothing is missing. */
  isSituational?: boolean
  /** Milliseconds. */
  took: number
  /** With everything but `passed`: what is wrong, or why it was not seen. */
  reason?: string
  /** With `failed`: what usually causes it. */
  cause?: string
  /** With `failed`: what was sent and what came back, the telling one last. */
  exchanges?: readonly Exchange[]
}

export interface RunOptions {
  /** Run only these ids; a prefix such as `origin` or `signature.window` stands for all that continue it with . or -. */
  only?: readonly string[] | undefined
  /** Leave these out, written in the same way. */
  skip?: readonly string[] | undefined
  /** Checks at the same time. Default: 6. */
  atOnce?: number | undefined
  /** Milliseconds for one check. Default: 25,000. */
  limit?: number | undefined
  /** Waits until a limit that the run did not use up itself is over. Default: so many seconds, by the clock. */
  wait?: ((seconds: number, reason: string) => Promise<void>) | undefined
  /** Told of each result as it is known. */
  onResult?: ((result: Result, done: number, all: number) => void) | undefined
}

/** Whether a pattern names this id: the id itself, or, if it is no id, what the id begins with up to a dot or a dash. */
const matches = (
  patterns: readonly string[],
  id: string,
  checks: readonly { id: string }[],
): boolean =>
  patterns.some((pattern) => {
    const beginning = pattern.replace(/[.*]*$/, '')
    if (checks.some((check) => check.id === pattern)) return id === pattern
    return id.startsWith(beginning + '.') || id.startsWith(beginning + '-')
  })

/**
 * The checks that `only` and `skip` leave.
 *
 * @throws RangeError where one of them names nothing
 */
export const choose = <Target>(
  checks: readonly Check<Target>[],
  { only, skip = [] }: RunOptions,
): Check<Target>[] => {
  for (const pattern of [...(only ?? []), ...skip])
    if (!checks.some(({ id }) => matches([pattern], id, checks)))
      throw new RangeError(`no check is called ${pattern}; --list shows them all`)
  return checks.filter(
    ({ id }) => (!only || matches(only, id, checks)) && !matches(skip, id, checks),
  )
}

/** How often a check waits for a limit and starts again. */
const WAITS = 2

const pause = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1_000))

const hasEnd = (target: unknown): target is { end: () => void } =>
  typeof Object(target).end === 'function'

type Judged = Pick<Result, 'verdict' | 'reason' | 'cause' | 'exchanges'>

/** Runs a check once. */
const attempt = async <Target>(
  check: Check<Target>,
  targetFor: (id: string) => Target,
  limit: number,
): Promise<Judged | Limited> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${limit / 1000} s`)), limit)
  })
  const target = targetFor(check.id)
  try {
    await Promise.race([Promise.resolve(target).then(check.run), late])
    return { verdict: 'passed' }
  } catch (error) {
    if (error instanceof Nonconformance)
      return {
        verdict: 'failed',
        reason: error.message,
        cause: check.cause,
        exchanges: error.exchanges,
      }
    if (error instanceof Limited) return error
    if (error instanceof NotSeen) return { verdict: 'unseen', reason: error.message }
    const { code } = rootOf(error)
    if (isClosed(code))
      return {
        verdict: 'failed',
        reason: `the connection was closed without a response (${code})`,
        cause: `${check.cause} Or a crash, or a gateway that cuts off what it does not like: look at the server’s log at this time.`,
      }
    return { verdict: 'broken', reason: `no answer: ${wordsOf(error)}` }
  } finally {
    clearTimeout(timer)
    // What a check left open would keep the process alive.
    if (hasEnd(target)) target.end()
  }
}

/** Runs a check; from its beginning again after each 429 that it did not provoke and that `Retry-After` ends. */
const judge = async <Target>(
  check: Check<Target>,
  targetFor: (id: string) => Target,
  limit: number,
  wait: NonNullable<RunOptions['wait']>,
): Promise<Judged> => {
  for (let waits = 0; ; waits++) {
    const judged = await attempt(check, targetFor, limit)
    if (!(judged instanceof Limited)) return judged
    if (waits === WAITS)
      return { verdict: 'broken', reason: `${judged.message}, after ${WAITS} waits too` }
    await wait(judged.seconds, judged.message)
  }
}

/** Runs checks side by side, then those that need to be alone, and returns the results in the order of the checks. */
export const runChecks = async <Target>(
  checks: readonly Check<Target>[],
  targetFor: (id: string) => Target,
  options: RunOptions = {},
): Promise<Result[]> => {
  const { atOnce = 6, limit = 25_000, wait = pause, onResult } = options
  const chosen = choose(checks, options)
  const results: Result[] = []
  let done = 0
  const work = async (queue: number[]): Promise<void> => {
    for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
      const check = chosen[at]!
      const { id, level, since, section, title } = check
      const began = performance.now()
      const judged = await judge(check, targetFor, check.limitMs ?? limit, wait)
      const took = Math.round(performance.now() - began)
      const { isSituational } = check
      const result: Result = {
        id,
        level,
        since,
        section,
        title,
        took,
        ...(isSituational && { isSituational }),
        ...judged,
      }
      results[at] = result
      onResult?.(result, ++done, chosen.length)
    }
  }
  const all = [...chosen.keys()]
  const beside = all
    .filter((at) => !chosen[at]!.isAlone)
    .sort((a, b) => Number(chosen[b]!.isSlow ?? 0) - Number(chosen[a]!.isSlow ?? 0))
  await Promise.all(Array.from({ length: atOnce }, () => work(beside)))
  // Sorting keeps the order of those that are alike.
  const alone = all
    .filter((at) => chosen[at]!.isAlone)
    .sort((a, b) => Number(chosen[a]!.isLast ?? 0) - Number(chosen[b]!.isLast ?? 0))
  await work(alone)
  return results
}
