import { readdirSync, readFileSync } from 'node:fs'

/**
 * The little that the rows need of a browser. A visitor is a number; visitors differ in their shop's origin, and an
 * engine may spread them over several processes.
 *
 * @typedef {object} Engine
 * @property {string} name
 * @property {boolean} drives whether `visit` gives a browser that can be made to press
 * @property {string | undefined} missing what has to be installed first
 * @property {(visitors: number) => Promise<Browser>} start a fresh browser without memory of an earlier one
 * @property {(profile: string, url: string) => Promise<Killable>} visit a browser of its own with its profile in that
 *   folder, showing a page
 */

/**
 * @typedef {object} Browser
 * @property {string} version
 * @property {(visitor: number) => Promise<Tab>} tab
 * @property {(offline: boolean) => Promise<boolean>} offline false where the engine cannot be taken offline
 * @property {() => Promise<void>} close
 */

/**
 * @typedef {object} Tab
 * @property {(url: string) => Promise<void>} open resolves when the page has loaded
 * @property {(id: string) => Promise<void>} press a trusted click; resolves without waiting for what it leads to
 * @property {(url: string) => Promise<void>} reached resolves when the tab shows a page whose address starts so
 * @property {() => Promise<void>} back one page back in its history; resolves before that has happened
 * @property {(expression: string) => Promise<any>} run
 * @property {(actions: object[]) => Promise<void>} [act] input as WebDriver's "perform actions" takes it; not by Playwright
 * @property {(url: string) => Promise<void>} closeOthers closes tabs that presses have opened with an address that starts so
 * @property {() => Promise<void>} close
 */

/**
 * @typedef {object} Killable
 * @property {((name: string) => Promise<void>) | undefined} press absent: the page has to press by itself
 * @property {() => Promise<void>} kill as a crash would, all processes at once
 */

/** Milliseconds until a step of a browser counts as failed. */
export const PATIENCE = 20_000

/** @param {number} ms */
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * @param {() => unknown} what
 * @param {number} ms
 * @param {number} [every]
 * @returns {Promise<boolean>} whether it became true in time
 */
export async function until(what, ms, every = 50) {
  const end = Date.now() + ms
  while (!(await what())) {
    if (Date.now() > end) return false
    await sleep(every)
  }
  return true
}

/**
 * Kills the processes that name a folder on their command line: a browser and its children name their profile, and
 * nobody else knows that folder.
 *
 * @param {string} folder
 */
export async function killBy(folder) {
  const find = () =>
    readdirSync('/proc').filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)
      } catch {
        return false
      }
    })
  for (const pid of find())
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch {
      // It went with its parent.
    }
  await until(() => find().length === 0, 5_000)
}
