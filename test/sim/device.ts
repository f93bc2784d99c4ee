/**
 * The seam: the only file of the simulation that knows how a tab of the tracker is made. It runs the tracker's own
 * source, bundled, in a browser whose storage, network, clock and dice belong to the simulation.
 */
import { createHmac, webcrypto } from 'node:crypto'
import { bundle, type Edit } from './bundle.mjs'
import { DeviceDatabase } from './database.js'
import { Page } from './page.js'
import type { Random } from './random.js'
import type { Sim } from './sim.js'
import { DeviceStorage, type View } from './storage.js'
import type { Options } from '../../src/tracker/options.js'
import type { Tracker } from '../../src/tracker/tracker.js'
import { ORIGIN, SITE } from '../../server-reference/src/testing/sign.js'

const ENTRY = 'src/tracker/create.ts'

const SEAL = 'src/tracker/seal.ts'
/** The same text is sealed and unsealed many times, and its checksum is most of that work: it is computed once. */
const REMEMBERED: Edit[] = [
  {
    file: 'src/tracker/hash.ts',
    find: 'for (const character of text) sum = (sum * 31 + character.charCodeAt(0)) % 1e9',
    // The same for texts without astral characters, and several times faster.
    replace: `for (let i = 0; i < text.length; i++) {
    const next = sum * 31 + text.charCodeAt(i)
    sum = next - Math.floor(next / 1e9) * 1e9
  }`,
  },
  { file: SEAL, find: 'export const seal', replace: 'const sums = new Map()\nexport const seal' },
  {
    file: SEAL,
    find: 'return hash(text) + text',
    replace: `if (sums.size > 500) sums.clear()
  if (!sums.has(text)) sums.set(text, hash(text) + text)
  return sums.get(text)`,
  },
]

/** Milliseconds after which the tracker itself calls a request unanswered. A lease lasts at least as long. */
export const REQUEST_TIMEOUT = 11_000

/** A page asks a broken database again after a minute; a request for it may take 5 s. */
const DATABASE_SETTLES = 70_000

/** Every global that differs from Node's, or that Node has and an old browser has not. */
const GLOBALS =
  'window document Document location navigator localStorage sessionStorage indexedDB BroadcastChannel fetch crypto setTimeout clearTimeout addEventListener removeEventListener Date Math Blob console performance'.split(
    ' ',
  )

/** The tracker as a page loads it: a function of the page's globals. */
export type TrackerScript = (...globals: unknown[]) => { createTracker(options: Options): Tracker }

export const loadTracker = async (edits: readonly Edit[]): Promise<TrackerScript> => {
  const code = await bundle(ENTRY, 'cjs', [...edits, ...REMEMBERED])
  // oxlint-disable-next-line typescript/no-implied-eval -- a script element is nothing else
  return new Function(...GLOBALS, `const exports = {};${code};return exports`) as TrackerScript
}

const OPTIONS: Record<Sim['plan']['mode'], Options> = {
  proxy: { siteId: SITE.publicId, proxyUrl: '/ops', debug: true },
  signed: {
    siteId: SITE.publicId,
    secret: SITE.secret,
    consoleUrl: 'https://console.example',
    debug: true,
  },
}

/** A device: one clock, one storage, several tabs. */
export class Device {
  readonly name: string
  readonly storage: DeviceStorage
  readonly database: DeviceDatabase
  readonly tabs: SimulatedTab[] = []
  offline = false
  /** Since when the database works; infinite while it does not. */
  databaseSince = -Infinity
  /** Milliseconds that its clock is ahead. */
  skew = 0
  furthest = 0
  lastJump = -Infinity
  readonly #sim: Sim
  readonly #random: Random
  readonly #script: TrackerScript

  constructor(sim: Sim, name: string, random: Random, script: TrackerScript) {
    this.name = name
    this.#sim = sim
    this.#random = random
    this.#script = script
    this.storage = new DeviceStorage(
      sim.clock,
      random.fork(),
      sim.plan.spread,
      sim.ledger.watch(this),
    )
    this.database = new DeviceDatabase(sim.clock, random.fork(), this.storage.watcher)
  }

  wall = (): number => this.#sim.clock.now + this.skew

  setClock(by: number): void {
    this.skew += by
    this.furthest = Math.max(this.furthest, this.skew)
    this.lastJump = this.#sim.clock.now
    this.#sim.trace?.(`${this.name} clock is set by ${Math.round(by / 1_000)} s`)
  }

  /** Returns true if its database has worked for so long that every page has written what it knew. */
  get isSound(): boolean {
    return this.#sim.clock.now - this.databaseSince > DATABASE_SETTLES
  }

  /** Simulates SIGKILL: ends every tab, and loses everything that was not written to the disk. */
  kill(): void {
    this.#sim.trace?.(`${this.name} browser is killed`)
    for (const tab of this.tabs) if (tab.page.alive) tab.die('with its browser')
    this.database.crash()
    this.storage.crash()
  }

  /** "Clear browsing data": both stores. */
  clear(): void {
    this.database.clear()
    this.storage.clear()
  }

  get open(): SimulatedTab[] {
    return this.tabs.filter((tab) => !tab.page.left)
  }

  openTab(): SimulatedTab {
    const name = `${this.name}.${this.tabs.length}`
    const page = new Page(this.#sim, this, name, this.#random.fork())
    const tab = new SimulatedTab(page, this.#script)
    this.tabs.push(tab)
    return tab
  }
}

/** One tab with the tracker in it. */
export class SimulatedTab {
  readonly page: Page
  readonly #view: View
  readonly #tracker: Tracker

  constructor(page: Page, script: TrackerScript) {
    const { sim, device } = page
    this.page = page
    this.#view = device.storage.view(page)
    sim.trace?.(`${page.name} is opened`)
    const globals = browser(page, this.#view)
    const { createTracker } = script(...GLOBALS.map((name) => globals[name]))
    this.#tracker = createTracker(OPTIONS[sim.plan.mode])
    if (this.#tracker.mode !== sim.plan.mode) throw new Error('the page is not what it should be')
  }

  /** A press. `mark` is its target, and tells it from all others wherever it turns up. */
  press(mark: string): void {
    const { page } = this
    const { ledger, trace } = page.sim
    trace?.(`${page.name} press ${mark}`)
    ledger.pressed(page, mark)
    const outcome = this.#tracker.intent('phone', mark)
    // If it was killed in the middle, no promise was made.
    if (page.alive) ledger.promised(mark)
    void outcome.then((what) => {
      if (!page.alive) return
      trace?.(`${page.name} outcome ${mark} ${what.status} ${what.reason ?? ''}`)
      ledger.outcome(mark, what.status, what.reason)
    })
  }

  /** The site takes its tracker away while the page stays. */
  destroy(): void {
    this.page.sim.trace?.(`${this.page.name} destroys its tracker`)
    this.#tracker.destroy()
    this.page.leave()
  }

  die(how: string): void {
    this.page.die(how)
    this.page.device.storage.forget(this.#view)
  }
}

const browser = (page: Page, view: View): Record<string, unknown> => {
  const { sim, random } = page
  const wall = (): number => Math.floor(page.wall())
  const session = new Map<string, string>()
  const href = ORIGIN + '/' + 'ş'.repeat(sim.plan.padding)
  const location = { href, search: '', origin: ORIGIN, hostname: new URL(ORIGIN).hostname }
  const timers = new Map<number, () => void>()
  const globals: Record<string, unknown> = {
    document: { visibilityState: 'visible', addEventListener: page.listen },
    Document: Object,
    location,
    navigator: { onLine: true },
    localStorage: view.storage,
    indexedDB: page.device.database.factory(page),
    sessionStorage: {
      getItem: (key: string) => session.get(key) ?? null,
      setItem: (key: string, value: string) => session.set(key, value),
      removeItem: (key: string) => session.delete(key),
    },
    fetch: (url: string, init: RequestInit) => sim.network.fetch(page, url, init),
    crypto: {
      randomUUID: () => uuid(random),
      getRandomValues: (numbers: Uint32Array) => numbers.map(() => random.below(2 ** 32)),
      subtle: {
        importKey: (_: string, key: Uint8Array) =>
          page.later(random.below(4), () => Buffer.from(key)),
        sign: (_: string, key: Buffer, data: Uint8Array) =>
          page.later(random.below(4), () => createHmac('sha256', key).update(data).digest()),
      } satisfies Partial<Record<keyof typeof webcrypto.subtle, unknown>>,
    },
    setTimeout: (code: () => void, ms?: number) => {
      timers.set(timers.size + 1, page.setTimeout(code, ms))
      return timers.size
    },
    clearTimeout: (id: number) => page.clearTimeout(timers.get(id)),
    addEventListener: page.listen,
    removeEventListener: page.unlisten,
    Date: { now: wall, parse: Date.parse, UTC: Date.UTC },
    Math: Object.assign(Object.create(Math), { random: random.next }),
    // Node's own takes as long as a request does here.
    Blob: class {
      size: number
      constructor(parts: string[]) {
        this.size = Buffer.byteLength(parts.join(''))
      }
    },
    console: { log: (...words: unknown[]) => sim.trace?.(`${page.name} says ${said(words)}`) },
    performance: { now: () => sim.clock.now },
  }
  globals['window'] = globals
  return globals
}

const said = (words: unknown[]): string => words.map((word) => JSON.stringify(word)).join(' ')

const uuid = (random: Random): string =>
  '88888888-8888-4888-a888-888888888888'.replace(/8/g, () => random.below(16).toString(16))
