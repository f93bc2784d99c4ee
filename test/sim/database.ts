/* oxlint-disable unicorn/prefer-add-event-listener -- a request of IndexedDB has one listener, and this is half as long */
import type { Clock } from './clock.js'
import type { Page } from './page.js'
import type { Random } from './random.js'
import type { Watcher } from './storage.js'

/** `blocked`: it cannot be opened. `full`: no write is committed. `hangs`: no request gets a response. */
export type DatabaseMode = 'works' | 'blocked' | 'full' | 'hangs'

interface Request<Result = unknown> {
  result: Result
  onsuccess?: () => void
  onerror?: (event: Event) => void
  onupgradeneeded?: () => void
}

/** A transaction that has the database for itself from `start` to `end`. */
class Transaction {
  readonly page: Page
  readonly writes: [key: string, text: string][] = []
  isOver = false
  isCommitted = false
  oncomplete?: () => void
  onabort?: (event: Event) => void
  onerror?: (event: Event) => void
  reading: Request<string | undefined> | undefined
  key = ''

  constructor(page: Page) {
    this.page = page
  }
}

/** One device's IndexedDB, as far as the tracker uses it: transactions one after the other, durable once complete. */
export class DeviceDatabase {
  mode: DatabaseMode = 'works'
  readonly rows = new Map<string, string>()
  readonly #clock: Clock
  readonly #random: Random
  readonly #watcher: Watcher
  readonly #waiting: Transaction[] = []
  #active: Transaction | undefined

  constructor(clock: Clock, random: Random, watcher: Watcher) {
    this.#clock = clock
    this.#random = random
    this.#watcher = watcher
  }

  /** "Clear browsing data". */
  clear(): void {
    this.rows.clear()
  }

  /** Handles a page that is gone or frozen: its uncommitted changes are undone, and others get their turn. */
  stopped(page: Page): void {
    for (const one of [this.#active, ...this.#waiting])
      if (one?.page === page && !one.isCommitted) this.#abort(one)
  }

  /** Simulates a killed browser: everything that was not on the disk is lost. */
  crash(): void {
    for (const one of [this.#active, ...this.#waiting]) if (one) this.#abort(one)
  }

  /** Returns what a page's code gets as `indexedDB`. */
  factory(page: Page): unknown {
    const soon = (code: () => void): void =>
      void this.#clock.after(this.#random.between(0, 15), () => page.run(code))
    const request = <Result>(result: Result): Request<Result> => ({ result })
    return {
      deleteDatabase: () => this.rows.clear(),
      open: () => {
        const opening = request({
          close: () => {},
          transaction: () => this.#begin(page),
        })
        if (!page.effect() || this.mode === 'hangs') return opening
        const isBlocked = this.mode === 'blocked'
        if (isBlocked) this.#watcher.refused(page)
        soon(() => (isBlocked ? opening.onerror?.(event()) : opening.onsuccess?.()))
        return opening
      },
    }
  }

  #begin(page: Page): unknown {
    const one = new Transaction(page)
    this.#waiting.push(one)
    const facade = {
      objectStore: () => ({
        get: (key: string) => {
          one.key = key
          return (one.reading = { result: undefined })
        },
        put: (value: string, key: string) => {
          if (page.effect() && !one.isOver) one.writes.push([key, value])
        },
      }),
      commit: () => {
        if (!page.effect() || one.isOver) return
        one.isCommitted = true
        const { writes } = one
        const isFull = this.mode === 'full' && writes.length > 0
        if (isFull) for (const [, text] of writes) this.#watcher.refused(page, '', text)
        this.#clock.after(this.#random.between(0, 25), () =>
          isFull ? this.#abort(one) : this.#complete(one),
        )
      },
      abort: () => this.#abort(one),
      set oncomplete(listener: () => void) {
        one.oncomplete = listener
      },
      set onabort(listener: (event: Event) => void) {
        one.onabort = listener
      },
      set onerror(listener: (event: Event) => void) {
        one.onerror = listener
      },
    }
    // Its requests come in the same task.
    this.#clock.after(0, () => this.#next())
    return facade
  }

  #next(): void {
    if (this.#active || this.mode === 'hangs') return
    const one = (this.#active = this.#waiting.shift())
    if (!one) return
    this.#clock.after(this.#random.between(0, 10), () => {
      if (one.isOver) return
      one.page.run(() => {
        if (one.isOver || !one.reading) return
        one.reading.result = this.rows.get(one.key)
        one.reading.onsuccess?.()
        // A page that was killed in the middle of it, or that asks for nothing more in the microtasks of this event.
        this.#clock.after(0, () => {
          if (!one.isCommitted) this.#abort(one)
        })
      })
    })
  }

  #complete(one: Transaction): void {
    if (one.isOver) return
    for (const [key, text] of one.writes) {
      const old = this.rows.get(key)
      this.rows.set(key, text)
      this.#watcher.wrote(one.page, key, text, old, 'outbox')
    }
    this.#end(one)
    one.page.run(() => one.oncomplete?.())
  }

  #abort(one: Transaction): void {
    if (one.isOver) return
    this.#end(one)
    one.page.run(() => one.onabort?.(event()))
  }

  #end(one: Transaction): void {
    one.isOver = true
    const waits = this.#waiting.indexOf(one)
    if (waits >= 0) this.#waiting.splice(waits, 1)
    if (this.#active !== one) return
    this.#active = undefined
    this.#clock.after(0, () => this.#next())
  }

  /** Makes it work again: the waiting requests get their turns. */
  resume(): void {
    this.mode = 'works'
    this.#next()
  }
}

const event = (): Event => new Event('error', { cancelable: true })
