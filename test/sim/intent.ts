import type { Place } from './storage.js'
import type { Page } from './page.js'

/** Contract section 13: what a device may forget by itself. */
export const KEPT_MAX = 604_800_000
export const EVENTS_MAX = 100
/** … and how long it believes a server that tells it to wait. */
export const ASKED_MAX = 86_400_000
export const BODIES_BYTES_MAX = 65_536

/** Milliseconds within which what a page knows may be lost with it or with its browser (contract section 13). */
export const DURABLE_WITHIN = 1_000

/** Returns the unique target of a press, which identifies the event wherever it appears. */
export const markOf = (n: number): string => 'sim-' + String(n).padStart(4, '0')
export const marksIn = (text: string): readonly string[] => {
  let marks = found.get(text)
  if (!marks) {
    if (found.size > 500) found.clear()
    marks = [...new Set(text.match(/sim-\d{4}/g))]
    found.set(text, marks)
  }
  return marks
}
/** The same text is stored, replaced and looked at many times. */
const found = new Map<string, readonly string[]>()

/** One request for one event. */
export interface SimulatedTry {
  intent: SimulatedIntent
  page: Page
  number: number
  at: number
  /** When the page's code learned what became of it. */
  ended: number
}

/** All that was seen of one press. */
export class SimulatedIntent {
  readonly mark: string
  readonly page: Page
  readonly at: number
  readonly wall: number
  /** The tracker has taken it: `intent()` returned while the page was alive. */
  promised = false
  id: string | undefined
  readonly tries: SimulatedTry[] = []

  /** Reasons to forget it: recorded, refused with a code, too old, too many. */
  done = false
  readonly codes = new Set<string>()
  expired = false
  crowdedOut = false

  /** The places on the device that hold it. */
  readonly places = new Set<Place>()
  wasInOutbox = false
  /** Why it is nowhere on the device; undefined while it is. */
  absent: 'never' | 'removed' | 'cleared' | 'killed' | undefined = 'never'
  writer: Page | undefined
  /** Pages whose last attempt to write it was refused: their state of it is newer than the disk's. */
  readonly shadowed = new Set<Page>()
  /** Pages whose write was refused while it was not on the disk: no other page knows it. */
  readonly #onlyIn = new Set<Page>()
  /** Pages that had a request for it in flight when the storage was cleared: they have to put it back. */
  readonly #toPutBack = new Set<Page>()

  /** No request may start before the device's clock shows this, … */
  notBefore = 0
  why: 'lease' | 'Retry-After' = 'lease'
  /** … unless storage has failed since, and the page that knows could not tell the others. */
  clean = true
  /** It was lost with its browser sooner than anything could be written. */
  killedEarly = false
  /** Storage has failed while it was under way: tabs then do not know what others do. */
  troubled = false
  /** Number of responses that said when to retry. */
  invited = 0

  constructor(mark: string, page: Page, at: number, wall: number) {
    this.mark = mark
    this.page = page
    this.at = at
    this.wall = wall
  }

  get mayBeForgotten(): boolean {
    return this.done || this.codes.size > 0 || this.expired || this.crowdedOut
  }

  get onDisk(): boolean {
    return this.absent === undefined
  }

  send(page: Page, now: number): SimulatedTry {
    const number = this.tries.length + 1
    const tried = { intent: this, page, number, at: now, ended: Infinity }
    this.tries.push(tried)
    return tried
  }

  bind(notBefore: number, why: 'lease' | 'Retry-After'): void {
    this.notBefore = notBefore
    this.why = why
    this.clean = this.shadowed.size === 0
  }

  disturb(): void {
    this.clean = false
    this.troubled = true
  }

  written(by: Page, place: Place): void {
    this.places.add(place)
    if (place === 'outbox') this.wasInOutbox = true
    this.absent = undefined
    this.writer = by
    this.shadowed.delete(by)
    this.#onlyIn.clear()
    this.#toPutBack.clear()
  }

  /** Asked once. */
  takeLeft(): boolean {
    const isLeft = this.onDisk && this.writer?.left === true
    this.writer = undefined
    return isLeft
  }

  refused(by: Page): void {
    this.shadowed.add(by)
    if (!this.onDisk) this.#onlyIn.add(by)
  }

  /** @param isInOutbox whether the database still has it */
  cleared(now: number, timeout: number, isInOutbox: boolean): void {
    this.disturb()
    if (!this.onDisk) return
    this.places.clear()
    if (isInOutbox) {
      this.places.add('outbox')
      return
    }
    this.absent = 'cleared'
    for (const { page, at, ended } of this.tries)
      if (!page.left && ended === Infinity && now - at < timeout) this.#toPutBack.add(page)
  }

  /**
   * The browser was killed. Excused: there was no second since the press in which the database worked.
   *
   * @param isInInbox whether the inbox as it was last committed has it
   */
  killed(isInInbox: boolean, excuse: boolean, now: number): void {
    const last = this.tries.at(-1)
    const isKnown = this.places.has('outbox') && this.page.device.isSound
    // The database has the time of the next try, and that survives.
    if (!isKnown || !last || (last.ended < Infinity && now - last.ended < DURABLE_WITHIN))
      this.disturb()
    if (isInInbox) this.places.add('inbox')
    else this.places.delete('inbox')
    if (this.places.size > 0) this.absent = undefined
    else if (this.onDisk) {
      this.absent = 'killed'
      // A page that died before its next task wrote to the inbox only.
      this.killedEarly = excuse || (this.page.left && !this.wasInOutbox)
    }
  }

  pageLeft(page: Page, now: number): void {
    this.shadowed.delete(page)
    const last = this.tries.findLast((tried) => tried.page === page)
    // It died while handling the response, and could not store the result.
    if (last && now - last.ended < DURABLE_WITHIN) this.clean = false
    // It died before it could put it back, or could not because storage refused.
    if (last && (last.ended === Infinity || now - last.ended < DURABLE_WITHIN))
      this.#toPutBack.delete(page)
    if (this.#onlyIn.has(page) || !page.device.isSound) this.#toPutBack.delete(page)
  }

  /** Returns true if its absence from the device is not the tracker's fault. */
  get isExcused(): boolean {
    if (!this.promised) return true
    const gone = [...this.#onlyIn].every((page) => page.left)
    if (this.absent === 'never') return this.#onlyIn.size > 0 && gone
    if (this.absent === 'killed') return this.killedEarly
    return this.absent === 'cleared' && this.#toPutBack.size === 0 && gone
  }
}
