import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest'
import { launchBrowser } from './browser.js'
import { countHeld } from './count-held.js'
import { ShopAndServer, type ShownCall } from './shop-and-server.js'

/** Visits the demo's shops in a browser; each test is a visitor of its own. */
export class ShopVisitor {
  readonly world = new ShopAndServer()
  context!: BrowserContext
  /** The event ids of every request that left the browser in this test, one for each delivery. */
  deliveries: string[] = []
  /** The event ids that have left the browser in any test. */
  readonly everDelivered = new Set<string>()
  #browser: Browser | undefined
  #fingerprints = new Set<string>()

  /** Registers the hooks that start and stop everything for a file of tests. */
  constructor() {
    beforeAll(async () => {
      await this.world.start()
      this.#browser = await launchBrowser()
    })
    afterAll(async () => {
      await this.#browser?.close()
      await this.world.stop()
    })
    beforeEach(async () => {
      this.deliveries = []
      this.#fingerprints.clear()
      this.context = await this.#browser!.newContext()
      this.context.on('request', (request) => {
        if (request.method() !== 'POST' || !/call-event/.test(request.url())) return
        const event = JSON.parse(request.postData()!) as Record<string, string>
        // A page view goes by way of the same proxy.
        if (event['ec'] !== undefined) return
        this.deliveries.push(event['event_id']!)
        this.everDelivered.add(event['event_id']!)
        this.#fingerprints.add(event['fingerprint']!)
      })
    })
    afterEach(() => this.context.close())
  }

  async open(url: string): Promise<Page> {
    const page = await this.context.newPage()
    await page.goto(url)
    return page
  }

  /** Returns how many events the device still holds for the site, in its inbox (localStorage) and its outbox (IndexedDB). */
  held(page: Page): Promise<number> {
    return countHeld(page, `opsmantik:${this.world.siteId}:`)
  }

  /** Returns this test's calls as the server shows them to the site's people, oldest first. */
  async recorded(): Promise<ShownCall[]> {
    const calls = await this.world.calls()
    return calls.filter(({ visitor }) => this.#fingerprints.has(visitor))
  }
}

/** Resolves once a condition holds. */
export const until = (holds: () => Promise<boolean>, timeout = 30_000): Promise<void> =>
  vi.waitUntil(holds, { timeout, interval: 50 }).then(() => undefined)
