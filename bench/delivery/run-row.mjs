import { KILL_TRIES, playKill } from './kill.mjs'
import { Stage, visitorsFor } from './stage.mjs'
import { World } from './world.mjs'

/**
 * @typedef {object} Result
 * @property {string} engine
 * @property {string} version
 * @property {import('./recorder.mjs').Mode} mode
 * @property {string} row
 * @property {number} sent presses
 * @property {number} arrived presses of which the server has a row
 * @property {number} held presses that have not arrived and are kept on the device
 * @property {number} once presses of which the server has exactly one row
 * @property {number} perEvent deliveries per arrived press
 * @property {number} requests refused ones too
 * @property {number} unanswered first deliveries whose answer could not be handed to the network
 * @property {number} seconds
 * @property {string[]} notes
 * @property {string} [failed] the row could not be played
 */

const BOUND = 60_000
/** Milliseconds after which a row counts as stuck. */
const ROW_LIMIT = 600_000

/**
 * Plays a row from a fresh browser and a fresh server to its result.
 *
 * @param {import('./engines/engine.mjs').Engine} engine
 * @param {import('./recorder.mjs').Mode} mode
 * @param {import('./rows.mjs').Row} row
 * @param {number} events
 * @param {Buffer} core the tracker's script
 * @returns {Promise<Result>}
 */
export async function runRow(engine, mode, row, events, core) {
  const began = Date.now()
  const tries = Math.min(events, KILL_TRIES)
  const world = await new World(core, mode, row.kill ? tries : visitorsFor(events)).open()
  const { recorder } = world
  Object.assign(recorder.faults, row.faults)
  const bound = row.bound ?? BOUND
  /** @type {import('./engines/engine.mjs').Browser | undefined} */
  let browser
  /** @type {string[]} */
  let notes = []
  let outcome = { sent: row.kill ? tries : events, held: 0, kept: 0 }
  let failed

  const play = async () => {
    if (row.kill) return playKill(engine, world, row.kill, bound)
    browser = await engine.start(world.visitors)
    const stage = new Stage(browser, world, events)
    notes = stage.notes
    await row.play?.(stage)
    return stage.settle(bound)
  }
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  const stuck = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`stuck for ${ROW_LIMIT / 1000} s`)), ROW_LIMIT)
  })
  try {
    outcome = await Promise.race([play(), /** @type {Promise<never>} */ (stuck)])
  } catch (error) {
    failed = String(error).split('\n')[0] ?? ''
  }
  clearTimeout(timer)
  const version = browser?.version ?? ''
  await browser?.close().catch(() => {})
  await world.close()

  if (outcome.kept > outcome.held) notes.push(`${outcome.kept - outcome.held} kept for nothing`)
  if (recorder.early) notes.push(`${recorder.early} before Retry-After`)
  if (recorder.forged) notes.push(`${recorder.forged} wrong signatures`)
  return {
    engine: engine.name,
    version,
    mode,
    row: row.name,
    ...count(recorder),
    sent: outcome.sent,
    held: outcome.held,
    requests: recorder.requests,
    seconds: Math.round((Date.now() - began) / 1000),
    notes,
    ...(failed && { failed }),
  }
}

/** @param {import('./recorder.mjs').Recorder} recorder */
function count({ deliveries, rows }) {
  /** @type {Map<string, number>} */
  const stored = new Map()
  for (const name of rows.values()) stored.set(name, (stored.get(name) ?? 0) + 1)
  const seen = new Set()
  let unanswered = 0
  for (const { id, answered } of deliveries) {
    if (!seen.has(id) && !answered) unanswered++
    seen.add(id)
  }
  return {
    arrived: stored.size,
    once: [...stored.values()].filter((times) => times === 1).length,
    perEvent: stored.size ? deliveries.length / stored.size : 0,
    unanswered,
  }
}
