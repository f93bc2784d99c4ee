import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sleep, until } from './engines/engine.mjs'
import { KEPT, pressNames } from './pages.mjs'
import { BenchWorld } from './world.mjs'

/** Behaviours of the server from the press until the browser is dead; with `offline` the device has no network. */
export const SERVERS = /** @type {const} */ (['there', 'unreachable', 'hanging', '503', 'offline'])

/**
 * @typedef {object} Kill
 * @property {(typeof SERVERS)[number]} server
 * @property {number} pressAt seconds from the page's load to the press
 * @property {number} killAfter seconds from the press to the browser's death
 */

/**
 * @typedef {object} Survival
 * @property {number} sent
 * @property {number} arrived presses of which the recovered server has a row
 * @property {number} once presses of which it has exactly one
 * @property {number} held presses that have not arrived and are still kept on the device
 * @property {number} deliveries
 * @property {[least: number, most: number]} age seconds between a press and the death, over all presses
 */

/** Milliseconds for a page to load, to press by itself, and to report it. */
const LOADS = 60_000
/** Milliseconds after a page has loaded again, before which its tracker may still be reading what it kept. */
const READS = 3_000

/**
 * Presses once on each of some shops in one browser, kills the browser, and opens the shops again with the same profile.
 *
 * @param {import('./engines/engine.mjs').Engine} engine
 * @param {'proxy' | 'signed'} mode
 * @param {Kill} kill
 * @param {number} presses
 * @param {Buffer} core the tracker's script
 * @param {number} bound milliseconds that an event may take after the browser has come back
 * @returns {Promise<Survival>}
 */
export async function playKill(engine, mode, kill, presses, core, bound) {
  const world = await new BenchWorld(core, mode, presses).open()
  const profile = await mkdtemp(join(tmpdir(), 'opsmantik-kill-'))
  try {
    const age = await pressAndDie(engine, world, profile, kill)
    world.recorder.faults.refuse = 0
    world.recorder.stopHanging()
    if (world.recorder.faults.gone) await world.back()
    const held = await comeBack(engine, world, profile, bound)
    const { rows, deliveries } = world.recorder
    const stored = [...rows.values()]
    const arrived = world.recorder.arrived()
    return {
      sent: presses,
      arrived: arrived.size,
      once: [...arrived].filter((name) => stored.filter((other) => other === name).length === 1)
        .length,
      held,
      deliveries: deliveries.length,
      age,
    }
  } finally {
    await world.close()
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

/**
 * @param {import('./engines/engine.mjs').Engine} engine
 * @param {BenchWorld} world
 * @param {string} profile
 * @param {Kill} kill
 * @returns {Promise<[number, number]>} the least and the most seconds that a press was old
 */
async function pressAndDie(engine, world, profile, { server, pressAt, killAfter }) {
  const { faults } = world.recorder
  const names = pressNames(0, world.visitors)
  const urls = names.map((name, i) => {
    const page = { kind: 'corner', first: i, count: 1 }
    return world.shop(i, engine.drives ? page : { ...page, auto: name, at: pressAt * 1000 })
  })
  const goWrong = async () => {
    if (server === 'unreachable') await world.gone()
    if (server === 'hanging') faults.hangs = true
    if (server === '503') faults.refuse = Infinity
    if (server === 'offline' && !(await browser.offline(true)))
      throw new Error(`${engine.name} cannot be taken offline`)
  }
  world.loadTogether(names.length)
  const browser = await engine.visit(profile, urls)
  try {
    /** When each press was over. @type {number[]} */
    let pressed = []
    if (engine.drives) {
      await sleep(pressAt * 1000)
      await goWrong()
      pressed = await Promise.all(browser.tabs.map((tab) => tab.press().then(Date.now)))
    } else {
      await goWrong()
      const told = (/** @type {number} */ i) => world.told.has(`pressed ${i}`)
      await until(() => names.every((_, i) => told(i)), LOADS + pressAt * 1000, 5)
      if (!names.every((_, i) => told(i))) throw new Error('not every page has pressed')
      pressed = [Date.now()]
    }
    const killed = await browser.kill(Math.max(...pressed) + killAfter * 1000)
    const ages = pressed.map((at) => (killed - at) / 1000)
    return [Math.min(...ages), Math.max(...ages)]
  } catch (error) {
    await browser.kill()
    throw error
  }
}

/**
 * Opens the shops again until everything has arrived, nothing is kept, or the time is up.
 *
 * @param {import('./engines/engine.mjs').Engine} engine
 * @param {BenchWorld} world
 * @param {string} profile
 * @param {number} bound milliseconds
 * @returns {Promise<number>} how many presses are kept and have not arrived
 */
async function comeBack(engine, world, profile, bound) {
  const names = pressNames(0, world.visitors)
  const query = engine.drives ? {} : { tell: 1 }
  world.told.clear()
  const urls = names.map((_, i) => world.shop(i, { kind: 'none', ...query }))
  const browser = await engine.visit(profile, urls)
  /** @param {number} i */
  const kept = async (i) =>
    engine.drives
      ? String(await browser.tabs[i]?.run(KEPT)).includes(names[i] ?? '')
      : (world.told.get(`kept ${i}`) ?? names[i])?.includes(names[i] ?? '')
  const missing = async () => {
    const arrived = world.recorder.arrived()
    const waits = await Promise.all(
      // A tab that cannot be queried at the moment may still keep its event.
      names.map(async (name, i) => !arrived.has(name) && (await kept(i).catch(() => true))),
    )
    return waits.filter(Boolean).length
  }
  try {
    await until(() => world.recorder.arrived().size === names.length, READS, 100)
    await until(async () => (await missing()) === 0, bound, 2_000)
    return await missing()
  } finally {
    await browser.kill()
  }
}
