import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { launchBrowser } from '../support/browser.js'
import { countHeld } from '../support/count-held.js'
import { ShopAndServer } from '../support/shop-and-server.js'

const world = new ShopAndServer()
let browser: Browser
let context: BrowserContext
/** The event ids of every request that left the browser, one for each delivery. */
let deliveries: string[]

beforeAll(async () => {
  await world.start()
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await world.stop()
})
beforeEach(async () => {
  deliveries = []
  context = await browser.newContext()
  context.on('request', (request) => {
    if (request.method() !== 'POST' || !/call-event/.test(request.url())) return
    const event = JSON.parse(request.postData()!) as { event_id: string; ec?: string }
    // A page view goes by way of the same proxy.
    if (event.ec === undefined) deliveries.push(event.event_id)
  })
})
afterEach(() => context.close())

const open = async (url: string): Promise<Page> => {
  const page = await context.newPage()
  await page.goto(url)
  return page
}

/** Returns how many events the device still holds for the site, in its inbox (localStorage) and its outbox (IndexedDB). */
const held = (page: Page): Promise<number> => countHeld(page, `opsmantik:${world.siteId}:`)

const until = (what: () => Promise<boolean>, timeout = 30_000): Promise<void> =>
  vi.waitUntil(what, { timeout, interval: 50 }).then(() => undefined)

/** The recorded events whose requests this test has seen. */
const recorded = async () => {
  const seen = new Set(deliveries)
  return (await world.rows()).filter(({ event_id }) => seen.has(event_id))
}

test.each(['proxy', 'signed'] as const)(
  'of 100 presses that navigate away at once, to another site, in %s mode 100 arrive',
  { timeout: 120_000 },
  async (mode) => {
    const page = await open(world.shops[mode].url)
    for (let i = 0; i < 100; i++) {
      if (i) await page.goto(world.shops[mode].url)
      await page.evaluate(
        ([elsewhere, name]) => {
          const link = document.querySelector<HTMLAnchorElement>('#book')!
          link.href = elsewhere!
          link.dataset['opsTarget'] = name!
        },
        [world.shops.noop.url, `press-${i}`],
      )
      await page.click('#book')
      await page.waitForURL(world.shops.noop.url)
    }
    await page.goto(world.shops[mode].url)
    await until(async () => (await held(page)) === 0)
    const targets = (await recorded()).map(({ intent_target }) => intent_target)
    expect(new Set(targets).size).toBe(100)
    expect(targets).toHaveLength(100)
    // A page that is left gets no response; a later page sends each such event once more, not repeatedly.
    expect(deliveries.length).toBeLessThanOrEqual(250)
    console.log(`${mode}: ${deliveries.length} deliveries for 100 presses`)
  },
)
