import { REQUEST_TIMEOUT, type Device } from './device.js'
import {
  ASKED_MAX,
  BODIES_BYTES_MAX,
  DURABLE_WITHIN,
  EVENTS_MAX,
  SimulatedIntent,
  KEPT_MAX,
  marksIn,
  type SimulatedTry,
} from './intent.js'
import { findTimingFault } from './timing.js'
import type { Page } from './page.js'
import { meaning, type SimulatedReply } from './replies.js'
import type { Sim } from './sim.js'
import type { Place, Watcher } from './storage.js'

export type { SimulatedTry } from './intent.js'

/** A violation of the rules in a run. */
export interface Violation {
  kind:
    | 'lost'
    | 'stuck'
    | 'stored twice'
    | 'removed without a reason'
    | 'sent before its time'
    | 'sent too late'
    | 'sent too often'
    | 'another id on a retry'
    | 'answered before the commit'
    | 'a false outcome'
    | 'an exception'
    | 'never comes to rest'
  text: string
}

/** Watches from outside: presses, requests, answers, storage, rows. It knows nothing of how the tracker works. */
export class Ledger {
  sim!: Sim
  violation: Violation | undefined
  readonly intents = new Map<string, SimulatedIntent>()
  /** Since when nothing goes wrong any more. */
  calmSince = Infinity
  /** Requests that overlapped because their page had been stopped in the middle of leasing. */
  overlaps = 0
  readonly #removed = new Set<SimulatedIntent>()

  fail(kind: Violation['kind'], text: string): void {
    this.violation ??= { kind, text }
  }

  pressed(page: Page, mark: string): void {
    this.intents.set(mark, new SimulatedIntent(mark, page, this.sim.clock.now, page.wall()))
  }

  promised(mark: string): void {
    this.intents.get(mark)!.promised = true
  }

  sent(page: Page, body: string): SimulatedTry {
    const intent = this.intents.get(marksIn(body)[0] ?? '')
    if (!intent) throw new Error(`a request of nobody's: ${body}`)
    const { event_id } = JSON.parse(body) as { event_id: string }
    intent.id ??= event_id
    if (intent.id !== event_id) this.fail('another id on a retry', intent.mark)
    const fault = findTimingFault(this, intent, page)
    if (fault) this.fail(fault.kind, `${intent.mark} by ${page.name}: ${fault.text}`)
    const tried = intent.send(page, this.sim.clock.now)
    // The page aborts by itself then; a frozen page once it is resumed; a throttled one at an unknown time.
    const isThrottled = page.throttle > 0
    this.sim.clock.after(REQUEST_TIMEOUT, () =>
      page.run(() => {
        if (tried.ended < Infinity) return
        if (!isThrottled) this.answered(tried)
        else if (intent.tries.at(-1) === tried) intent.clean = false
      }),
    )
    return tried
  }

  /** Records that the page's code has got this reply; without one, that the request failed. */
  answered(tried: SimulatedTry, reply?: SimulatedReply): void {
    const { intent, page } = tried
    const { now } = this.sim.clock
    tried.ended = Math.min(tried.ended, now)
    const means = reply ? meaning(reply) : { is: 'kept' as const, wait: 0, at: 0 }
    if (means.is === 'done') intent.done = true
    else if (means.is === 'dropped') intent.codes.add(means.code)
    // A response to a try that another page has taken over, or that the page had aborted, is not binding.
    if (intent.tries.at(-1) !== tried) return
    if (page.device.isSound && page.disturbed < tried.at && now - tried.at <= REQUEST_TIMEOUT) {
      const wall = page.wall()
      const asked = means.is === 'kept' ? Math.max(means.wait, means.at - wall) : 0
      intent.bind(asked > 0 ? wall + Math.min(asked, ASKED_MAX) : 0, 'Retry-After')
      if (asked > 0) intent.invited++
    } else intent.clean = false
  }

  outcome(mark: string, status: string, reason = ''): void {
    const intent = this.intents.get(mark)!
    const isTrue =
      status === 'queued' ||
      (status === 'dropped'
        ? reason === 'expired' || reason === 'full' || intent.codes.has(reason)
        : this.sim.server.rows(mark).length > 0)
    if (!isTrue) this.fail('a false outcome', `${mark} ${status} ${reason}`)
  }

  serverAnswered(body: string, status: number, text: string): void {
    const mark = marksIn(body)[0]!
    if (status === 200 && this.sim.server.rows(mark).length === 0)
      this.fail('answered before the commit', `${mark}: ${text}`)
  }

  pageLeft(page: Page): void {
    for (const intent of this.intents.values()) intent.pageLeft(page, this.sim.clock.now)
  }

  watch(device: Device): Watcher {
    const here = (): SimulatedIntent[] =>
      [...this.intents.values()].filter((intent) => intent.page.device === device)
    const find = (text: string): SimulatedIntent[] =>
      marksIn(text).map((mark) => this.intents.get(mark)!)
    return {
      wrote: (by, _, value, old, place) => {
        const now = find(value)
        for (const intent of now) intent.written(by, place)
        if (now.length > 0)
          this.sim.trace?.(`${by.name} writes ${marksIn(value).join(' ')} …${value.slice(-60)}`)
        for (const intent of find(old ?? ''))
          if (!now.includes(intent)) this.#gone(intent, old!, place)
      },
      removed: (by, _, old, place) => {
        for (const intent of find(old)) {
          this.sim.trace?.(`${by.name} removes ${intent.mark}`)
          intent.shadowed.delete(by)
          this.#gone(intent, old, place)
        }
      },
      refused: (by, _, value) => {
        this.sim.trace?.(`${by.name} is refused ${value === undefined ? 'reading' : 'writing'}`)
        for (const intent of here()) intent.disturb()
        for (const intent of find(value ?? '')) intent.refused(by)
      },
      reverted: (kept) => {
        const marks = new Set(kept.flatMap(marksIn))
        for (const intent of here())
          intent.killed(
            marks.has(intent.mark),
            this.sim.clock.now - intent.at < DURABLE_WITHIN ||
              !device.isSound ||
              intent.page.frozen ||
              intent.page.throttle > 0,
            this.sim.clock.now,
          )
      },
      cleared: () => {
        this.sim.trace?.(`${device.name} storage is cleared`)
        // A page's own `localStorage.clear()` leaves the database.
        const left = new Set([...device.database.rows.values()].flatMap(marksIn))
        for (const intent of here())
          intent.cleared(this.sim.clock.now, REQUEST_TIMEOUT, left.has(intent.mark))
      },
    }
  }

  /** After each step of the clock. */
  check(): void {
    for (const intent of this.#removed)
      if (!intent.mayBeForgotten && !intent.onDisk)
        this.fail('removed without a reason', intent.mark)
    this.#removed.clear()
  }

  /** Returns true if a closed page has put something into storage after the others last looked. */
  leftOn(device: Device): boolean {
    return [...this.intents.values()].some(
      (intent) => intent.page.device === device && intent.takeLeft(),
    )
  }

  /** At the end, when a tab was open on each device for a long time in which nothing went wrong. */
  close(): void {
    for (const intent of this.intents.values()) {
      const rows = this.sim.server.rows(intent.mark).length
      if (rows > 1) this.fail('stored twice', `${intent.mark}: ${rows} rows`)
      if (rows > 0 || intent.mayBeForgotten || this.#mayBeForgottenInMemory(intent)) continue
      if (intent.onDisk) this.fail('stuck', `${intent.mark} is still on ${intent.page.device.name}`)
      else if (!intent.isExcused) this.fail('lost', `${intent.mark} (${intent.absent})`)
    }
  }

  /**
   * Returns true if an event may have been forgotten in a page's memory, which the ledger cannot see: it may have been
   * too old at some time, or one too many.
   */
  #mayBeForgottenInMemory({ page, wall, troubled }: SimulatedIntent): boolean {
    const { clock, plan } = this.sim
    const isCrowded = plan.padding > 0 || plan.presses > EVENTS_MAX
    return troubled && (isCrowded || clock.now + page.device.furthest - wall > KEPT_MAX)
  }

  #gone(intent: SimulatedIntent, old: string, place: Place): void {
    intent.places.delete(place)
    if (intent.onDisk && intent.places.size > 0) return
    intent.absent = 'removed'
    const { device } = intent.page
    if (device.wall() - intent.wall > KEPT_MAX) intent.expired = true
    if (intent.mayBeForgotten) return
    // Counts this event, although it has just gone, and those that a page may have only in memory.
    let events = 1
    for (const other of this.intents.values())
      if (other.page.device === device && !other.onDisk && other.troubled && other !== intent)
        events++
    let bytes = Buffer.byteLength(old) * events
    const rows = device.database.rows.values()
    for (const value of [...device.storage.disk.values(), ...rows])
      if (marksIn(value).length > 0) {
        events += marksIn(value).length
        bytes += Buffer.byteLength(value)
      }
    if (events > EVENTS_MAX || bytes > BODIES_BYTES_MAX) intent.crowdedOut = true
    this.#removed.add(intent)
  }
}
