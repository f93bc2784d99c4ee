import type { Clock } from './clock.js'
import type { Page } from './page.js'
import type { Random } from './random.js'

/** `full`: nothing may grow. `throws`: every access throws. `flaky`: every third access throws. */
export type StorageMode = 'works' | 'full' | 'throws' | 'flaky'

/** Called with what happens to a storage. */
export interface Watcher {
  wrote(by: Page, key: string, value: string, old: string | undefined, place: Place): void
  refused(by: Page, key?: string, value?: string): void
  removed(by: Page, key: string, old: string, place: Place): void
  cleared(): void
  /** The browser was killed, and the inbox is again what it was when it was last committed. */
  reverted(kept: readonly string[]): void
}

/** A place of an event: `localStorage`, or the database. */
export type Place = 'inbox' | 'outbox'

interface Change {
  order: number
  /** Undefined: everything. */
  key?: string
  /** Undefined: removed. */
  value?: string | undefined
}

/**
 * One device's `localStorage`. Each tab sees its own changes at once and those of others a little later, because tabs
 * are processes; in the end all agree.
 */
export class DeviceStorage {
  mode: StorageMode = 'works'
  /** The state that every page will see. It reaches the disk later, with a commit. */
  readonly disk = new Map<string, string>()
  /** The state that a browser finds when it starts after it was killed. */
  #committed = new Map<string, string>()
  #commitIsDue = false
  readonly #views = new Set<View>()
  readonly #clock: Clock
  readonly #random: Random
  /** Milliseconds, at most, until another tab sees a change; 0: tabs are one process. */
  readonly #spread: number
  readonly watcher: Watcher
  #order = 0

  constructor(clock: Clock, random: Random, spread: number, watcher: Watcher) {
    this.#clock = clock
    this.#random = random
    this.#spread = spread
    this.watcher = watcher
  }

  /** What one tab sees. */
  view(page: Page): View {
    const view = new View(this, page)
    this.#views.add(view)
    return view
  }

  forget(view: View): void {
    this.#views.delete(view)
  }

  /** "Clear browsing data", or a page's own `localStorage.clear()`. */
  clear(): void {
    this.change({ order: 0 })
    this.watcher.cleared()
  }

  /** The browser was killed. */
  crash(): void {
    this.disk.clear()
    for (const [key, value] of this.#committed) this.disk.set(key, value)
    this.watcher.reverted([...this.disk.values()])
  }

  refuses(growing: boolean): boolean {
    if (this.mode === 'flaky') return this.#random.chance(0.3)
    return this.mode === 'throws' || (this.mode === 'full' && growing)
  }

  change(change: Change, by?: View): void {
    change.order = ++this.#order
    if (change.key === undefined) this.disk.clear()
    else if (change.value === undefined) this.disk.delete(change.key)
    else this.disk.set(change.key, change.value)
    if (!this.#commitIsDue) {
      this.#commitIsDue = true
      // Chromium commits an area at most 60 times an hour.
      this.#clock.after(this.#random.between(2_000, 60_000), () => {
        this.#commitIsDue = false
        this.#committed = new Map(this.disk)
      })
    }
    for (const view of this.#views)
      if (view === by || this.#spread === 0) view.see(change)
      else this.#clock.after(this.#random.between(0, this.#spread), () => view.see(change))
  }
}

/** One for all: to create it costs more than what it interrupts. */
const REFUSAL = new DOMException('refused', 'QuotaExceededError')

/** One tab's view of its device's storage. */
export class View {
  readonly #device: DeviceStorage
  readonly #page: Page
  readonly #seen: Map<string, string>
  readonly #orders = new Map<string, number>()
  #cleared = 0
  /** The object that the page's code gets as `localStorage`. */
  readonly storage: Storage

  constructor(device: DeviceStorage, page: Page) {
    this.#device = device
    this.#page = page
    this.#seen = new Map(device.disk)
    this.storage = this.#facade()
  }

  see({ order, key, value }: Change): void {
    if (key === undefined) {
      this.#cleared = order
      for (const known of this.#seen.keys())
        if ((this.#orders.get(known) ?? 0) < order) this.#seen.delete(known)
    } else if (order > Math.max(this.#orders.get(key) ?? 0, this.#cleared)) {
      this.#orders.set(key, order)
      if (value === undefined) this.#seen.delete(key)
      else this.#seen.set(key, value)
    }
  }

  #check(key?: string, value?: string): void {
    const growing = key !== undefined && (value?.length ?? 0) > (this.#seen.get(key)?.length ?? 0)
    if (!this.#device.refuses(growing)) return
    this.#device.watcher.refused(this.#page, key, value)
    throw REFUSAL
  }

  #set(key: string, value: string): void {
    if (!this.#page.effect()) return
    this.#check(key, value)
    const old = this.#device.disk.get(key)
    this.#device.change({ order: 0, key, value }, this)
    this.#device.watcher.wrote(this.#page, key, value, old, 'inbox')
  }

  #remove(key: string): void {
    if (!this.#page.effect()) return
    this.#check(key)
    const old = this.#device.disk.get(key)
    this.#device.change({ order: 0, key, value: undefined }, this)
    if (old !== undefined) this.#device.watcher.removed(this.#page, key, old, 'inbox')
  }

  #get(key: string): string | null {
    this.#check(key)
    return this.#seen.get(key) ?? null
  }

  #facade(): Storage {
    const methods: Record<string, unknown> = {
      getItem: (key: string) => this.#get(key),
      setItem: (key: string, value: string) => this.#set(key, String(value)),
      removeItem: (key: string) => this.#remove(key),
      key: (index: number) => [...this.#seen.keys()][index] ?? null,
      clear: () => this.#device.clear(),
    }
    const keys = (): string[] => {
      this.#check()
      return [...this.#seen.keys()]
    }
    return new Proxy({} as Storage, {
      get: (_, name: string) =>
        name === 'length'
          ? keys().length
          : Object.hasOwn(methods, name)
            ? methods[name]
            : (this.#get(name) ?? undefined),
      set: (_, name: string, value) => {
        this.#set(name, String(value))
        return true
      },
      deleteProperty: (_, name: string) => {
        this.#remove(name)
        return true
      },
      has: (_, name: string) => this.#seen.has(name),
      ownKeys: keys,
      getOwnPropertyDescriptor: (_, name: string) => {
        const value = this.#seen.get(name)
        if (value === undefined) return undefined
        return { value, enumerable: true, configurable: true, writable: true }
      },
    })
  }
}
