import { TROUBLES, type Trouble } from './fates.js'
import type { Random } from './random.js'

const SECOND = 1_000
const MINUTE = 60 * SECOND

/** The parameters of a run. Most runs have only some kinds of fault, so that two that hide each other also occur alone. */
export interface SimulationPlan {
  mode: 'proxy' | 'signed'
  devices: number
  /** Presses on each device. */
  presses: number
  /** Milliseconds during which faults happen; then all is well. */
  lasts: number
  /** Milliseconds for another tab to see a change of storage, at most. */
  spread: number
  /** Share of the requests that are in trouble, and the kinds of trouble. */
  trouble: number
  troubles: Trouble[]
  /** Characters that make the page's address, and so each event, long. */
  padding: number
  /** Requests per minute that the server takes. */
  limit: number
  /** Frequency of each of the other faults; see schedule.ts. */
  often: Record<Happening, number>
}

export const HAPPENINGS = [
  'tab opened',
  'tab killed',
  'tab killed between two steps',
  'tab frozen',
  'tab throttled',
  'tracker destroyed',
  'storage full',
  'storage throws',
  'storage flaky',
  'storage cleared',
  'database blocked',
  'database full',
  'database hangs',
  'browser killed',
  'clock set',
  'offline',
  'server down',
  'server restarted',
  'inserts fail',
  'inserts slow',
  'replay cache gone',
  'origin forgotten',
] as const
export type Happening = (typeof HAPPENINGS)[number]

export const drawPlan = (random: Random): SimulationPlan => {
  const some = <T>(all: readonly T[]): T[] => {
    const share = random.pick([0.15, 0.4, 0.8])
    return all.filter(() => random.chance(share))
  }
  const kinds = some(HAPPENINGS)
  const crowd = random.weighted([
    [300, 'none'],
    [6, 'long'],
    [1, 'many'],
  ] as const)
  return {
    mode: random.chance(0.8) ? 'proxy' : 'signed',
    devices: random.weighted([
      [3, 1],
      [1, 2],
    ]),
    presses: crowd === 'many' ? 108 : crowd === 'long' ? 22 : random.between(1, 5),
    lasts: random.weighted([
      [4, 40 * SECOND],
      [4, 4 * MINUTE],
      [2, 25 * MINUTE],
      [0.5, 120 * MINUTE],
    ]),
    // One way. A lease is believed after 150 ms, so that one written and one overwritten by it both have to fit.
    spread: random.pick([0, 30, 70]),
    trouble: crowd === 'none' ? random.pick([0, 0.3, 0.6, 0.9]) : 0.9,
    troubles: crowd === 'none' ? some(Object.keys(TROUBLES) as Trouble[]) : ['request lost'],
    padding: crowd === 'long' ? 2_000 : 0,
    limit: random.pick([80, 80, 80, 3]),
    often: Object.fromEntries(
      HAPPENINGS.map((kind) => [kind, kinds.includes(kind) ? random.between(1, 3) : 0]),
    ) as SimulationPlan['often'],
  }
}
