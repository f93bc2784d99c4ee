/**
 * The operations that the rows need from a browser. A visitor is a number; visitors differ in their shop's origin, and
 * an engine may spread them over several processes.
 *
 * @typedef {object} Engine
 * @property {string} name
 * @property {boolean} drives true if the tabs of a `visit` can be driven and queried
 * @property {string | undefined} missing the package that has to be installed first
 * @property {(visitors: number) => Promise<Browser>} start a fresh browser without memory of an earlier one
 * @property {(profile: string, urls: string[]) => Promise<Visit>} visit a separate browser with its profile in that
 *   folder, with a tab for each address; resolves when all have loaded, or at once if the engine does not drive
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
 * @typedef {object} Visit
 * @property {VisitTab[]} tabs in the order of the addresses; none if the engine does not drive
 * @property {(offline: boolean) => Promise<boolean>} offline false where the engine cannot be taken offline
 * @property {(at?: number) => Promise<number>} kill kills all processes at once, as a crash would, at that moment (by
 *   `Date.now()`) or immediately; returns the moment
 */

/**
 * @typedef {object} VisitTab
 * @property {() => Promise<void>} press a trusted click on the one button of the page
 * @property {(expression: string) => Promise<any>} run
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
