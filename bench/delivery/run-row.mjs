import { Stage, visitorsFor } from './stage.mjs'
import { BenchWorld } from './world.mjs'

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
 * @property {number} most deliveries of the press that was delivered most often
 * @property {number} mostAllowed
 * @property {number} impatient tries within a minute of a refusal of the configuration
 * @property {number} requests refused ones too
 * @property {number} unanswered first deliveries whose response could not be handed to the network
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
 * @param {number} asked presses
 * @param {Buffer | undefined} core the tracker's script
 * @returns {Promise<Result>}
 */
export async function runRow(engine, mode, row, asked, core) {
  const began = Date.now()
  const presses = row.presses ?? asked
  const world = await new BenchWorld(core, mode, row.presses ? 1 : visitorsFor(presses)).open()
  const { recorder } = world
  Object.assign(recorder.faults, row.faults)
  /** @type {import('./engines/engine.mjs').Browser | undefined} */
  let browser
  /** @type {string[]} */
  let notes = []
  let outcome = { sent: presses, held: 0, kept: 0 }
  let failed

  const play = async () => {
    browser = await engine.start(world.visitors)
    const stage = new Stage(browser, world, presses)
    notes = stage.notes
    await row.play(stage)
    return stage.settle(row.bound ?? BOUND, row.silence)
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
  if (recorder.impatient) notes.push(`${recorder.impatient} within a minute of a refusal`)
  if (recorder.forged) notes.push(`${recorder.forged} wrong signatures`)
  return {
    engine: engine.name,
    version,
    mode,
    row: row.name,
    ...count(recorder),
    mostAllowed: row.unread ? 2 : 1,
    impatient: recorder.impatient,
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
  /** @type {Map<string, number>} */
  const timesById = new Map()
  let unanswered = 0
  for (const { id, answered } of deliveries) {
    if (!timesById.has(id) && !answered) unanswered++
    timesById.set(id, (timesById.get(id) ?? 0) + 1)
  }
  return {
    arrived: stored.size,
    once: [...stored.values()].filter((times) => times === 1).length,
    perEvent: stored.size ? deliveries.length / stored.size : 0,
    most: Math.max(0, ...timesById.values()),
    unanswered,
  }
}
