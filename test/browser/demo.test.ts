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
  'a press on the phone number in %s mode becomes one row',
  async (mode) => {
    const page = await open(world.shops[mode].url)
    await page.click('#phone')
    await until(async () => deliveries.length > 0 && (await held(page)) === 0)
    expect(await recorded()).toMatchObject([
      { event_id: deliveries[0], intent_action: 'phone', intent_target: '+441632960123' },
    ])
    expect(deliveries).toHaveLength(1)
  },
)

test('a press in noop mode sends nothing, stores nothing and adds no row', async () => {
  const before = (await world.rows()).length
  const page = await open(world.shops.noop.url)
  const sent: string[] = []
  context.on('request', (request) => sent.push(new URL(request.url()).protocol))
  await page.click('#phone')
  await page.waitForTimeout(500)
  // The dialler, and nothing else.
  expect(sent).toEqual(['tel:'])
  expect(await page.evaluate(() => localStorage.length + sessionStorage.length)).toBe(0)
  expect(await world.rows()).toHaveLength(before)
})

test('WhatsApp, SMS, e-mail, a form and data-ops-intent are intents; an ordinary link is none', async () => {
  // A new page for each: after a tel: press headless Chromium swallows what is pressed in that tab.
  for (const id of ['#whatsapp', '#sms', '#email', '#book', '#prices']) {
    const page = await open(world.shops.proxy.url)
    await page.click(id, { noWaitAfter: true })
  }
  const page = await open(world.shops.proxy.url)
  await page.fill('#callback input[type=tel], #callback input', '01632 960999')
  await page.click('#callback button')
  await page.waitForURL('**/thank-you')
  await until(async () => (await held(page)) === 0)
  const rows = await recorded()
  expect(
    rows.map(({ intent_action: action, intent_target: target }) => `${action} ${target}`).sort(),
  ).toEqual([
    'booking check-up',
    expect.stringMatching(/^email \S+@\S+$/),
    'form callback',
    'sms +447700900456',
    'whatsapp whatsapp:+447700900456',
  ])
  // A response that arrives after its page has gone is lost: those events are sent once more, and are noop.
  expect(new Set(deliveries).size).toBe(5)
})

test.each(['proxy', 'signed'] as const)(
  'the server is down at the press and comes back: in %s mode the event arrives, once',
  async (mode) => {
    const page = await open(world.shops[mode].url)
    await world.stopServer()
    await page.click('#phone')
    await until(async () => deliveries.length > 1)
    expect(await held(page)).toBe(1)
    await world.startServer()
    await until(async () => (await held(page)) === 0)
    expect(new Set(deliveries).size).toBe(1)
    expect(await recorded()).toHaveLength(1)
  },
)

test.each(['proxy', 'signed'] as const)(
  'a press while offline, the tab closed, opened again later: in %s mode the event arrives, once',
  async (mode) => {
    const offline = await open(world.shops[mode].url)
    await context.setOffline(true)
    await offline.click('#phone')
    await until(async () => deliveries.length > 0)
    await offline.close()
    await context.setOffline(false)
    const page = await open(world.shops[mode].url)
    await until(async () => (await held(page)) === 0)
    expect(new Set(deliveries).size).toBe(1)
    expect(await recorded()).toHaveLength(1)
  },
)

test('two tabs drain one queue and deliver each event once', async () => {
  const first = await open(world.shops.proxy.url)
  await context.setOffline(true)
  const outcomes = await first.evaluate(() =>
    Promise.all(Array.from({ length: 12 }, (_, i) => window.opsmantik!.intent('test', `t${i}`))),
  )
  const ids = new Set(outcomes.map(({ eventId }) => eventId))
  expect(ids.size).toBe(12)
  expect(await held(first)).toBe(12)
  await first.close()
  await context.setOffline(false)
  deliveries.length = 0
  const [one] = await Promise.all([open(world.shops.proxy.url), open(world.shops.proxy.url)])
  await until(async () => (await held(one)) === 0, 50_000)
  expect([...deliveries].sort()).toEqual([...ids].sort())
  expect(await recorded()).toHaveLength(12)
})
