import type { Clock } from './clock.js'
import type { Ledger } from './ledger.js'
import type { Network } from './network.js'
import type { SimulationPlan } from './plan.js'
import type { Random } from './random.js'
import type { SimulatedServer } from './server.js'

/** One run: what its parts know of each other. */
export interface Sim {
  readonly clock: Clock
  readonly random: Random
  readonly plan: SimulationPlan
  readonly network: Network
  readonly server: SimulatedServer
  readonly ledger: Ledger
  /** Called with a line for each step, if a trace is wanted. */
  readonly trace: ((line: string) => void) | undefined
}
