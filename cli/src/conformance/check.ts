import type { Exchange } from '../probe/exchange.js'

/** RFC 2119: what must hold, what is recommended, and what is a courtesy. Only a MUST can make a run fail. */
export type Level = 'MUST' | 'SHOULD' | 'MAY'

/** One sentence of the contract, as something that can be tried. */
export interface Check<Target> {
  /** Permanent: baselines and reports of years ago name it. */
  id: string
  level: Level
  /** The version of the contract that has this sentence first. */
  since: string
  /** The section of the contract. */
  section: number
  /** The sentence. */
  title: string
  /** The usual causes of a failure. */
  cause: string
  /** Starts before the others, because it waits for a minute or more. */
  isSlow?: boolean
  /** Holds in a situation that few servers are in, or that excludes other checks: `--require` does not ask for it. */
  isSituational?: boolean
  /** Milliseconds that it may take. Default: what the run allows. */
  limitMs?: number
  /** Runs after the others, with nothing beside it: it uses up connections, limits or time that they need. */
  isAlone?: boolean
  /** Runs after all others, those that run alone included: it judges what the run has seen as a whole. */
  isLast?: boolean
  /**
   * Resolves if the sentence holds.
   *
   * @throws Nonconformance if it does not
   * @throws NotSeen if it cannot be told
   */
  run: (target: Target) => Promise<void>
}

/** A sentence of the contract that does not hold, and the exchanges that show it, the telling one last. */
export class Nonconformance extends Error {
  override readonly name = 'Nonconformance'
  constructor(
    message: string,
    readonly exchanges: readonly Exchange[] = [],
  ) {
    super(message)
  }
}

/** A sentence that cannot be looked at from here, and what would have to be given for it. */
export class NotSeen extends Error {
  override readonly name = 'NotSeen'
}

/** A 429 that the check did not provoke: others, or an earlier run, have used up a limit that this run shares with them. */
export class Limited extends Error {
  override readonly name = 'Limited'
  constructor(
    /** The limit that is used up, such as `address`; empty if the server does not say. */
    readonly limit: string,
    readonly seconds: number,
  ) {
    super(`the limit${limit && ` "${limit}"`} of requests is used up for ${seconds} s`)
  }
}

/** Fails the check unless the condition holds. */
export function must(
  condition: unknown,
  said: string,
  ...exchanges: readonly Exchange[]
): asserts condition {
  if (!condition) throw new Nonconformance(said, exchanges)
}

type Draft<Target> = Omit<Check<Target>, 'section' | 'level' | 'since'> & {
  level?: Level
  since?: string
}

/** The checks of one section. A check is a MUST, and as old as version 1.0, unless it says otherwise. */
export const section = <Target>(number: number, drafts: Draft<Target>[]): Check<Target>[] =>
  drafts.map((draft) => ({ level: 'MUST', since: '1.0', section: number, ...draft }))
