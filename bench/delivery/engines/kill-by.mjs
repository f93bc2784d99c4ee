import { readdirSync, readFileSync } from 'node:fs'
import { sleep, until } from './engine.mjs'

/**
 * Kills a browser: a process and its descendants, or all that name a folder on their command line, which is a browser's
 * profile and known to nothing else, and the descendants of these.
 *
 * @param {string | number} browser the folder, or the process id
 * @param {number} [at] the moment, by `Date.now()`; the processes are looked up before it
 * @returns {Promise<number>} the moment at which the last of them was sent its signal
 */
export async function killBy(browser, at = 0) {
  const found = findProcesses(browser)
  await sleep(Math.max(0, at - Date.now()))
  found.forEach(kill)
  const killed = Date.now()
  await until(() => findProcesses(browser).map(kill).length === 0, 5_000)
  return killed
}

/** @param {number} pid */
const command = (pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8')

/** @param {number} pid */
function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It went with its parent.
  }
}

/**
 * Returns process ids, parents before their children.
 *
 * @param {string | number} browser
 */
function findProcesses(browser) {
  /** @type {Map<number, number>} */
  const parents = new Map()
  /** @type {number[]} */
  const found = []
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry)
    if (!pid) continue
    try {
      // After the command's name, which is in parentheses and may contain anything: state, parent.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      // A zombie has ended, but its parent has not read its exit code yet.
      if (state === 'Z') continue
      parents.set(pid, Number(parent))
      if (typeof browser === 'number' ? pid === browser : command(pid).includes(browser))
        found.push(pid)
    } catch {
      // It has ended meanwhile.
    }
  }
  for (const parent of found)
    for (const [pid, its] of parents) if (its === parent && !found.includes(pid)) found.push(pid)
  return found
}
