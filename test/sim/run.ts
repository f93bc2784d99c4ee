import { Clock } from './clock.js'
import { Device, loadTracker, type TrackerScript } from './device.js'
import type { Edit } from './bundle.mjs'
import { Ledger, type Violation } from './ledger.js'
import { Network } from './network.js'
import { drawPlan } from './plan.js'
import { Random } from './random.js'
import { schedule } from './schedule.js'
import { loadServer, SimulatedServer, type ServerCode } from './server.js'
import type { Sim } from './sim.js'

/** Longer than the longest wait that a response can ask for. */
const QUIET = 26 * 3_600_000
const STEPS_MAX = 200_000

/** The code under test. */
export interface LoadedCode {
  tracker: TrackerScript
  server: ServerCode
}

export const load = async (edits: readonly Edit[] = []): Promise<LoadedCode> => {
  const ofTracker = edits.filter(({ file }) => file.startsWith('src/'))
  const ofServer = edits.filter((edit) => !ofTracker.includes(edit))
  return { tracker: await loadTracker(ofTracker), server: await loadServer(ofServer) }
}

export interface SimulationResult {
  violation: Violation | undefined
  /** The step at which it was found, or the run ended. */
  step: number
  seconds: number
  presses: number
  /** Requests that the devices started; for one event at most, apart from those that the server asked for. */
  tries: number
  most: number
  /** Two at once, for which a page that was stopped between taking a lease and using it is to blame. */
  overlaps: number
}

/** One run. The seed decides everything. */
export const run = async (
  code: LoadedCode,
  seed: number,
  trace?: (line: string) => void,
): Promise<SimulationResult> => {
  const clock = new Clock()
  const start = clock.now
  const random = new Random(seed)
  const plan = drawPlan(random.fork())
  const say =
    trace && ((line: string) => trace(`${((clock.now - start) / 1_000).toFixed(3)} ${line}`))
  const ledger = new Ledger()
  const network = new Network(random.fork())
  const server = new SimulatedServer(clock, random.fork(), code.server, plan, say)
  const sim: Sim = { clock, random, plan, network, server, ledger, trace: say }
  network.sim = ledger.sim = sim
  server.onAnswer = (...answer) => ledger.serverAnswered(...answer)
  say?.(JSON.stringify(plan))

  const devices: Device[] = []
  clock.after(plan.lasts, () => {
    say?.('all is well from here on')
    network.calm = true
    ledger.calmSince = clock.now
  })
  for (let n = 0; n < plan.devices; n++) {
    const device = new Device(sim, `d${n}`, random.fork(), code.tracker)
    devices.push(device)
    schedule(sim, device, random.fork(), n * plan.presses)
  }
  const end = start + plan.lasts + QUIET
  const goesOn = async (): Promise<boolean> => {
    if (await clock.step(end)) return true
    // Events that a closed page left behind wait for the next page.
    const left = devices.filter((device) => ledger.leftOn(device))
    for (const device of left) device.openTab()
    return left.length > 0
  }
  const thrown = (error: unknown): void => ledger.fail('an exception', String(error))
  process.on('unhandledRejection', thrown)
  try {
    while (!ledger.violation && clock.steps < STEPS_MAX && (await goesOn())) ledger.check()
  } catch (error) {
    thrown(error)
  }
  process.off('unhandledRejection', thrown)
  if (clock.steps >= STEPS_MAX) ledger.fail('never comes to rest', `${STEPS_MAX} steps`)
  ledger.close()
  const intents = [...ledger.intents.values()]
  const often = intents.map(({ troubled, tries, invited }) =>
    troubled ? 0 : tries.length - invited,
  )
  return {
    violation: ledger.violation,
    step: clock.steps,
    seconds: (clock.now - start) / 1_000,
    presses: intents.length,
    tries: intents.reduce((sum, { tries }) => sum + tries.length, 0),
    most: Math.max(0, ...often),
    overlaps: ledger.overlaps,
  }
}
