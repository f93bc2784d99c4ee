import type { Random } from './random.js'
import type { Device } from './device.js'
import type { Sim } from './sim.js'

type Listener = (event: { type: string; persisted?: boolean; composedPath(): unknown[] }) => void

/**
 * A tab as the browser sees it: it runs timers and answers, may be frozen and restored, and may be killed, after which
 * nothing of it has an effect any more.
 */
export class Page {
  alive = true
  frozen = false
  /** Nothing more can be asked of it: it is dead, or its tracker was taken away. */
  left = false
  /** The moment of the last freeze, throttled timer or restore: what this page leased before is not worth much. */
  disturbed = -Infinity
  /** Milliseconds by which its timers come late, at most: a browser does that to tabs in the background. */
  throttle = 0
  readonly name: string
  readonly device: Device
  readonly sim: Sim
  readonly random: Random
  readonly #waiting: (() => void)[] = []
  readonly #listeners = new Map<string, Set<Listener>>()
  #effectsLeft = Infinity

  constructor(sim: Sim, device: Device, name: string, random: Random) {
    this.sim = sim
    this.device = device
    this.name = name
    this.random = random
  }

  /** Returns the time that the device's clock shows. */
  wall = (): number => this.device.wall()

  /** Enters the page's code. Code of a frozen page waits, that of a dead one never runs. */
  run(code: () => void): void {
    if (!this.alive) return
    if (this.frozen) this.#waiting.push(code)
    else code()
  }

  /** Something that others can see is about to happen; false: the page is dead, and it does not happen. */
  effect(): boolean {
    if (this.alive && this.#effectsLeft-- <= 0) this.die('between two steps')
    return this.alive
  }

  dieAfter(effects: number): void {
    this.#effectsLeft = effects
  }

  die(how: string): void {
    if (!this.alive) return
    this.alive = false
    this.sim.trace?.(`${this.name} is killed ${how}`)
    this.sim.network.pageDied(this)
    this.device.database.stopped(this)
    this.leave()
  }

  leave(): void {
    this.left = true
    this.sim.ledger.pageLeft(this)
  }

  freeze(): void {
    if (!this.alive || this.frozen) return
    this.sim.trace?.(`${this.name} is frozen`)
    this.dispatch('visibilitychange')
    this.dispatch('pagehide')
    this.frozen = true
    this.disturbed = this.sim.clock.now
    this.sim.network.pageFrozen(this)
    this.device.database.stopped(this)
  }

  restore(): void {
    if (!this.alive || !this.frozen) return
    this.sim.trace?.(`${this.name} is restored`)
    this.frozen = false
    this.disturbed = this.sim.clock.now
    for (const code of this.#waiting.splice(0)) this.sim.clock.after(0, () => this.run(code))
    this.dispatch('pageshow')
    this.dispatch('visibilitychange')
  }

  /** Dispatches an event of the browser to the page, once the page's current task has ended. */
  dispatch(type: string): void {
    const event = { type, persisted: true, composedPath: () => [] }
    for (const listener of this.#listeners.get(type) ?? []) this.run(() => listener(event))
  }

  listen = (type: string, listener: Listener, options?: AddEventListenerOptions): void => {
    const listeners = this.#listeners.get(type) ?? new Set()
    this.#listeners.set(type, listeners.add(listener))
    options?.signal?.addEventListener('abort', () => listeners.delete(listener))
  }

  unlisten = (type: string, listener: Listener): void => {
    this.#listeners.get(type)?.delete(listener)
  }

  setTimeout = (code: () => void, ms = 0): (() => void) => {
    if (!this.effect()) return () => {}
    const late = this.throttle && this.random.between(0, this.throttle)
    // Longer than any lease is meant to bear: whose timers come so late may find its lease taken.
    if (late > 1_000) this.disturbed = this.sim.clock.now + ms + late
    return this.sim.clock.after(ms + late, () => this.run(code))
  }

  clearTimeout = (cancel?: () => void): void => cancel?.()

  /** A promise that the browser, not the network, settles after a while: WebCrypto, a response's body. */
  later<T>(ms: number, give: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.sim.clock.after(ms, () =>
        this.run(() => {
          try {
            resolve(give())
          } catch (error) {
            reject(error)
          }
        }),
      )
    })
  }
}
