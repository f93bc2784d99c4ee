import { BUTTON_AT } from '../pages.mjs'
import { PATIENCE } from './engine.mjs'
import { killBy } from './kill-by.mjs'

/** @typedef {import('./engine.mjs').Tab} Tab */
/** @typedef {import('playwright-core').BrowserContext} Context */
/** @typedef {import('playwright-core').Page} Page */

/**
 * Chromium and Firefox, both through Playwright.
 *
 * @param {import('playwright-core').BrowserType} type
 * @param {import('playwright-core').LaunchOptions} options
 * @returns {Pick<import('./engine.mjs').Engine, 'start' | 'visit'>}
 */
export const byPlaywright = (type, options) => ({
  async start() {
    const browser = await type.launch(options)
    const context = await browser.newContext()
    /** @type {Set<Page>} */
    const own = new Set()
    return {
      version: browser.version(),
      async tab() {
        const page = await context.newPage()
        own.add(page)
        return createTab(page, async (url) => {
          for (const other of context.pages())
            if (!own.has(other) && other.url().startsWith(url)) await other.close()
        })
      },
      async offline(offline) {
        await context.setOffline(offline)
        return true
      },
      close: () => browser.close(),
    }
  },

  async visit(profile, urls) {
    const context = await type.launchPersistentContext(profile, options)
    const pages = await Promise.all(
      urls.map((_, i) => (i ? undefined : context.pages()[0]) ?? context.newPage()),
    )
    await Promise.all(pages.map((page, i) => page.goto(urls[i] ?? '', { timeout: PATIENCE })))
    return {
      tabs: pages.map((page) => ({
        // By position: looking for the button would take longer than the press.
        press: () => page.mouse.click(BUTTON_AT, BUTTON_AT),
        run: (expression) => page.evaluate(expression),
      })),
      async offline(offline) {
        await context.setOffline(offline)
        return true
      },
      async kill(at) {
        const killed = await killBy(profile, at)
        await context.close().catch(() => {})
        return killed
      },
    }
  },
})

/**
 * @param {Page} page
 * @param {(url: string) => Promise<void>} closeOthers
 * @returns {Tab}
 */
const createTab = (page, closeOthers) => ({
  async open(url) {
    await page.goto(url, { timeout: PATIENCE })
  },
  press: (id) => page.click(`#${id}`, { noWaitAfter: true, timeout: PATIENCE }),
  reached: (url) =>
    page.waitForURL((now) => now.href.startsWith(url), { waitUntil: 'commit', timeout: PATIENCE }),
  // Playwright's own waits for an event that Firefox does not send for a page from its bfcache.
  back: () => page.evaluate('void setTimeout(() => history.back())'),
  run: (expression) => page.evaluate(expression),
  closeOthers,
  close: () => page.close(),
})
