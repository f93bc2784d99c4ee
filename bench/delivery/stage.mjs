import { sleep, until } from './engines/engine.mjs'
import { KEPT, pressNames } from './pages.mjs'

/** @typedef {import('./engines/engine.mjs').Tab} Tab */
/** @typedef {{ number: number, first: number, names: string[], tabs: Tab[] }} Visitor */

/** More than an outbox must keep would be dropped, legally: each visitor makes fewer presses than that. */
const PRESSES_MAX = 50
const VISITORS_MIN = 4

/** Milliseconds of silence, with nothing kept, after which what has not arrived is lost; longer than any time-out. */
const SILENCE = 20_000

/** @param {number} events */
export const visitorsFor = (events) =>
  Math.min(events, Math.max(VISITORS_MIN, Math.ceil(events / PRESSES_MAX)))

/** One row's visitors in one browser, and what they can do. */
export class Stage {
  /** @type {Visitor[]} */ visitors = []
  /** Words for the table's last column. @type {string[]} */ notes = []

  /**
   * @param {import('./engines/engine.mjs').Browser} browser
   * @param {import('./world.mjs').BenchWorld} world
   * @param {number} events
   */
  constructor(browser, world, events) {
    this.browser = browser
    this.world = world
    const { visitors } = world
    for (let number = 0, first = 0; number < visitors; number++) {
      const count = Math.floor(((number + 1) * events) / visitors) - first
      this.visitors.push({ number, first, names: pressNames(first, count), tabs: [] })
      first += count
    }
  }

  get faults() {
    return this.world.recorder.faults
  }

  /** @param {(visitor: Visitor) => Promise<unknown>} what all visitors do at the same time */
  async each(what) {
    await Promise.all(this.visitors.map(what))
  }

  /**
   * Opens a new tab with a page of the visitor's shop.
   *
   * @param {Visitor} visitor
   * @param {Record<string, string | number>} [query]
   */
  async enter(visitor, query) {
    const tab = await this.browser.tab(visitor.number)
    visitor.tabs.push(tab)
    await tab.open(this.world.shop(visitor.number, query))
    return tab
  }

  /** @param {Visitor} visitor @param {Tab} tab */
  async shut(visitor, tab) {
    visitor.tabs = visitor.tabs.filter((other) => other !== tab)
    await tab.close()
  }

  /**
   * Makes each press on a new page in the visitor's one tab, leading to another origin.
   *
   * @param {'link' | 'form'} kind
   */
  leave(kind) {
    return this.each(async (visitor) => {
      const { number, first, names } = visitor
      const tab = await this.enter(visitor)
      for (const [i, name] of names.entries()) {
        await tab.open(this.world.shop(number, { kind, first: first + i, count: 1 }))
        await tab.press(name)
        await tab.reached(this.world.elsewhere)
      }
    })
  }

  /**
   * Makes each press in a new tab, which is then closed.
   *
   * @param {'buttons' | 'tel'} kind
   * @param {(name: string) => Promise<unknown>} [before] what to wait for before closing it
   */
  pressAndClose(kind, before) {
    return this.each(async (visitor) => {
      for (const [i, name] of visitor.names.entries()) {
        const tab = await this.enter(visitor, { kind, first: visitor.first + i, count: 1 })
        await tab.press(name)
        await before?.(name)
        await this.shut(visitor, tab)
      }
    })
  }

  /**
   * Pages with all the presses of a visitor, shared out among tabs.
   *
   * @param {Record<string, string | number>} [query]
   * @param {number} [tabs] for each visitor
   */
  load(query, tabs = 1) {
    return this.each(async (visitor) => {
      const { first, names } = visitor
      for (let i = 0; i < tabs; i++)
        await this.enter(visitor, { kind: 'buttons', first, count: names.length, ...query })
    })
  }

  /**
   * Presses everything on the loaded pages; several tabs of a visitor at the same time.
   *
   * @param {string} [then] an expression that the page runs after each press
   */
  pressAll(then) {
    return this.each(({ names, tabs }) =>
      Promise.all(
        tabs.map(async (tab, t) => {
          for (const [i, name] of names.entries())
            if (i % tabs.length === t) {
              await tab.press(name)
              if (then) await tab.run(then)
              await tab.closeOthers(this.world.elsewhere)
            }
        }),
      ),
    )
  }

  /** Takes the whole machine offline; if the engine cannot, only the server is unreachable. */
  async offline() {
    if (await this.browser.offline(true)) return
    this.notes.push('offline played by the server')
    await this.world.gone()
  }

  async online() {
    if (!this.faults.gone) return this.browser.offline(false)
    await this.world.back()
    await this.each(async ({ tabs }) => {
      for (const tab of tabs) await tab.run(`dispatchEvent(new Event('online'))`)
    })
  }

  /** Returns the presses that the visitors' devices keep: those that have not arrived, and all. */
  async held() {
    const arrived = this.world.recorder.arrived()
    const texts = await Promise.all(this.visitors.map(({ tabs }) => tabs[0]?.run(KEPT)))
    const kept = texts.join()
    const all = this.visitors.flatMap(({ names }) => names).filter((name) => kept.includes(name))
    return { held: all.filter((name) => !arrived.has(name)).length, kept: all.length }
  }

  /**
   * Lets the visitors come back, or stay, until all events have arrived and every outbox is empty, or until that can no
   * longer be expected.
   *
   * @param {number} bound milliseconds
   * @param {number} [silence] milliseconds without a request, with nothing kept, after which nothing more is expected
   */
  async settle(bound, silence = SILENCE) {
    const { recorder } = this.world
    const began = Date.now()
    await this.each(async (visitor) => {
      if (!visitor.tabs.length) return this.enter(visitor)
      // Away on another site: back to the shop.
      const [tab] = visitor.tabs
      if (tab && !(await tab.run('!!document.getElementById("away")')))
        await tab.open(this.world.shop(visitor.number))
    })
    const sent = this.visitors.flatMap(({ names }) => names).length
    await until(
      async () => {
        const silent = Date.now() - Math.max(recorder.last, began) > silence
        if (recorder.arrived().size < sent && !silent) return false
        // A page that is being replaced, or a database that is being opened, cannot be asked just now.
        const now = await this.held().catch(() => undefined)
        if (!now) return false
        const { held, kept } = now
        return kept === 0 || (silent && held === 0)
      },
      bound,
      500,
    )
    return { sent, ...(await this.held()) }
  }

  /** @param {string} name */
  arrival(name) {
    return until(() => this.world.recorder.arrived().has(name), 3_000, 20)
  }

  sleep = sleep
}
