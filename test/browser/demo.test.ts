import { expect, test } from 'vitest'
import { ShopVisitor, until } from '../support/shop-visitor.js'

const visitor = new ShopVisitor()

test.each(['proxy', 'signed'] as const)(
  'a press on the phone number in %s mode becomes one row',
  async (mode) => {
    const page = await visitor.open(visitor.world.shops[mode].url)
    await page.click('#phone')
    await until(async () => visitor.deliveries.length > 0 && (await visitor.held(page)) === 0)
    expect(await visitor.recorded()).toMatchObject([{ action: 'phone', target: '+441632960123' }])
    expect(visitor.deliveries).toHaveLength(1)
  },
)

test('a press in noop mode sends nothing, stores nothing and adds no row', async () => {
  const before = (await visitor.world.calls()).length
  const page = await visitor.open(visitor.world.shops.noop.url)
  const sent: string[] = []
  visitor.context.on('request', (request) => sent.push(new URL(request.url()).protocol))
  await page.click('#phone')
  await page.waitForTimeout(500)
  // The dialler, and nothing else.
  expect(sent).toEqual(['tel:'])
  expect(await page.evaluate(() => localStorage.length + sessionStorage.length)).toBe(0)
  expect(await visitor.world.calls()).toHaveLength(before)
})

test('WhatsApp, SMS, e-mail, a form and data-ops-intent are intents; an ordinary link is none', async () => {
  // A new page for each: after a tel: press headless Chromium swallows what is pressed in that tab.
  for (const id of ['#whatsapp', '#sms', '#email', '#book', '#prices']) {
    const page = await visitor.open(visitor.world.shops.proxy.url)
    await page.click(id, { noWaitAfter: true })
  }
  const page = await visitor.open(visitor.world.shops.proxy.url)
  await page.fill('#callback input[type=tel], #callback input', '01632 960999')
  await page.click('#callback button')
  await page.waitForURL('**/thank-you')
  await until(async () => (await visitor.held(page)) === 0)
  const rows = await visitor.recorded()
  expect(rows.map(({ action, target }) => `${action} ${target}`).sort()).toEqual([
    'booking check-up',
    expect.stringMatching(/^email \S+@\S+$/),
    'form callback',
    'sms +447700900456',
    'whatsapp whatsapp:+447700900456',
  ])
  // A response that arrives after its page has gone is lost: those events are sent once more, and are noop.
  expect(new Set(visitor.deliveries).size).toBe(5)
})

test.each(['proxy', 'signed'] as const)(
  'the server is down at the press and comes back: in %s mode the event arrives, once',
  async (mode) => {
    const page = await visitor.open(visitor.world.shops[mode].url)
    await visitor.world.stopServer()
    await page.click('#phone')
    await until(async () => visitor.deliveries.length > 1)
    expect(await visitor.held(page)).toBe(1)
    await visitor.world.startServer()
    await until(async () => (await visitor.held(page)) === 0)
    expect(new Set(visitor.deliveries).size).toBe(1)
    expect(await visitor.recorded()).toHaveLength(1)
  },
)

test.each(['proxy', 'signed'] as const)(
  'a press while offline, the tab closed, opened again later: in %s mode the event arrives, once',
  async (mode) => {
    const offline = await visitor.open(visitor.world.shops[mode].url)
    await visitor.context.setOffline(true)
    await offline.click('#phone')
    await until(async () => visitor.deliveries.length > 0)
    await offline.close()
    await visitor.context.setOffline(false)
    const page = await visitor.open(visitor.world.shops[mode].url)
    await until(async () => (await visitor.held(page)) === 0)
    expect(new Set(visitor.deliveries).size).toBe(1)
    expect(await visitor.recorded()).toHaveLength(1)
  },
)

test('two tabs drain one queue and deliver each event once', async () => {
  const first = await visitor.open(visitor.world.shops.proxy.url)
  await visitor.context.setOffline(true)
  const outcomes = await first.evaluate(() =>
    Promise.all(Array.from({ length: 12 }, (_, i) => window.opsmantik!.intent('test', `t${i}`))),
  )
  const ids = new Set(outcomes.map(({ eventId }) => eventId))
  expect(ids.size).toBe(12)
  expect(await visitor.held(first)).toBe(12)
  await first.close()
  await visitor.context.setOffline(false)
  visitor.deliveries.length = 0
  const [one] = await Promise.all([
    visitor.open(visitor.world.shops.proxy.url),
    visitor.open(visitor.world.shops.proxy.url),
  ])
  await until(async () => (await visitor.held(one)) === 0, 50_000)
  expect([...visitor.deliveries].sort()).toEqual([...ids].sort())
  expect(await visitor.recorded()).toHaveLength(12)
})

test('the database has one row for each event that has left the browsers of these tests', async () => {
  expect(visitor.everDelivered.size).toBeGreaterThan(20)
  const rows = await visitor.world.stopAndReadRows()
  expect(rows.map(({ event_id }) => event_id).sort()).toEqual([...visitor.everDelivered].sort())
})
