import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { launchBrowser } from '../support/browser.js'
import {
  ConsoleWorld,
  event,
  openConsole,
  OTHER_SITE,
  signed,
  SITE,
} from '../support/console-world.js'

const world = new ConsoleWorld()
let browser: Browser
let context: BrowserContext
let page: Page

beforeAll(async () => {
  await world.start()
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await world.stop()
})
beforeEach(async () => {
  context = await browser.newContext()
  page = await openConsole(context, world)
})
afterEach(() => context.close())

const rows = (text?: string): Locator =>
  page.locator('#rows tr:visible', text === undefined ? {} : { hasText: text })
const texts = async (): Promise<string[]> =>
  (await rows().locator('.what').allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim())
const is = (count: number): Promise<unknown> =>
  vi.waitUntil(async () => (await rows().count()) === count, { timeout: 10_000, interval: 30 })
const refusal = (fields = {}) => world.post('/api/call-event/v2', event(fields), {})

test('a call, a page view and a refusal appear while one looks, newest first, and are counted', async () => {
  await world.sync({ sid: 'a', meta: { fp: 'someone' } })
  await world.call({
    fingerprint: 'someone',
    intent_action: 'phone',
    intent_target: '+441632960123',
  })
  await world.post('/api/call-event', event(), { Origin: 'https://www.shop.example' })
  await is(3)
  expect(await texts()).toEqual([
    'This origin is not on the list 403 ORIGIN_NOT_ALLOWED',
    'Phone +441632960123',
    'Page event',
  ])
  expect(await rows('Phone').locator('.badge').innerText()).toBe('Matched')
  expect(await rows('origin').locator('.hint').innerText()).toContain(
    'ALLOWED_ORIGINS has https://shop.example',
  )
  expect(await page.locator('.counts').innerText()).toMatch(
    /Calls\s*1\s*Refusals\s*1\s*Page events\s*1/,
  )
})

test('a call has the time of its press, and its row says so when its session becomes known later', async () => {
  const pressed = Date.now() - 90_000
  await world.call({
    fingerprint: 'late',
    intent_action: 'phone',
    intent_stamp: `${pressed}-ab12-tel-abc123`,
  })
  await is(1)
  const time = rows().locator('time')
  expect(Date.parse((await time.getAttribute('datetime'))!)).toBe(pressed)
  expect(await rows().locator('.badge').innerText()).toBe('No session')
  await rows().locator('a').click()
  await world.sync({ sid: 'its session', meta: { fp: 'late' } })
  await is(2)
  await vi.waitUntil(async () => (await rows('Phone').locator('.badge').innerText()) === 'Matched')
  const facts = page.locator('.facts')
  expect(await facts.innerText()).toMatch(/Arrived[^]*Session\s*its session/)
  expect(await page.locator('#calls').innerText()).toBe('1')
})

test('an event that comes again is shown as that, and not counted', async () => {
  const body = event({ intent_target: 'twice' })
  for (let i = 0; i < 2; i++) await world.post('/api/call-event/v2', body)
  await is(2)
  expect(await rows().locator('.badge').allInnerTexts()).toEqual(['Again', 'No session'])
  expect(await page.locator('#calls').innerText()).toBe('1')
})

test('the list is filtered by site, endpoint, outcome and words, and the address keeps the filter', async () => {
  await world.call({ intent_target: 'ours' })
  const body = event({ site_id: OTHER_SITE.publicId, intent_target: 'theirs' })
  const others = { site: OTHER_SITE.publicId, secret: OTHER_SITE.secret }
  await world.post('/api/call-event/v2', body, signed(body, others))
  // Refused before the server knew the site: it is filtered by what the request says.
  await world.post('/api/call-event/v2', event({ intent_target: 'ours, unsigned' }), {})
  await world.sync({ u: 'https://shop.example/ours', meta: { fp: 'nobody who pressed' } })
  await is(4)

  await page.locator('#site').selectOption({ label: SITE.publicId })
  await is(3)
  expect(await page.locator('.shown').innerText()).toContain('3 of 4 shown')
  await page.getByLabel('Outcome').selectOption('refused')
  await is(1)
  await page.getByLabel('Outcome').selectOption('SIGNATURE_REQUIRED')
  await is(1)
  await page.getByRole('button', { name: 'Show all' }).click()
  await is(4)
  await page.getByLabel('Endpoint').selectOption('/api/sync')
  await is(1)
  await page.getByLabel('Endpoint').selectOption('')
  await page.getByLabel('Outcome').selectOption('recorded')
  await is(2)
  await page.getByLabel('Outcome').selectOption('')

  // In a header, and in a body.
  await page.getByLabel('Search in everything').fill(`${OTHER_SITE.publicId} X-Ops-Signature`)
  await is(1)
  await page.getByLabel('Search in everything').fill('"intent_target":"ours, UNSIGNED"')
  await is(1)
  await page.reload()
  await rows().first().waitFor()
  expect(await page.getByLabel('Search in everything').inputValue()).toBe(
    '"intent_target":"ours, UNSIGNED"',
  )
  await is(1)
  await page.getByLabel('Search in everything').fill('nothing has this in it')
  await page.getByRole('button', { name: 'Show all events' }).click()
  await vi.waitUntil(async () => (await rows().count()) >= 4)
})

test('everything can be done from the keyboard', async () => {
  for (const name of ['first', 'second', 'third']) await world.call({ intent_target: name })
  await is(3)
  const key = (name: string) => page.keyboard.press(name)
  const focused = () =>
    page.evaluate(() => document.activeElement?.closest('#rows tr')?.textContent ?? 'no row')
  await key('j')
  expect(await focused()).toContain('third')
  await key('ArrowDown')
  expect(await focused()).toContain('second')
  await key('k')
  expect(await focused()).toContain('third')
  await key('j')
  await key('Enter')
  await page.getByRole('heading', { name: 'second' }).waitFor()
  const opened = page.url()
  expect(opened).toMatch(/#event=[\w-]+$/)
  await key('j')
  await page.getByRole('heading', { name: 'first' }).waitFor()
  await key('Escape')
  await page.locator('#details').waitFor({ state: 'hidden' })
  expect(page.url()).not.toContain('#')
  expect(await focused()).toContain('first')

  await key('/')
  await page.keyboard.type('third')
  await is(1)
  await key('Escape')
  expect(await focused()).toContain('third')
  await key('?')
  await page.getByRole('dialog').waitFor()
  await key('Escape')
  await page.getByRole('dialog').waitFor({ state: 'hidden' })

  // One Tab leads into the list, and the next one out of it.
  await page.getByLabel('Search in everything').fill('')
  await is(3)
  await page.locator('#rows tr:first-child a').focus()
  await key('Shift+Tab')
  expect(await page.evaluate(() => document.activeElement?.closest('#rows'))).toBeNull()
  await key('Tab')
  expect(await focused()).toContain('third')

  // The address of an event is a link to it, also in a new tab.
  const again = await context.newPage()
  await again.goto(opened)
  await again.getByRole('heading', { name: 'second' }).waitFor()
})

test('single letters can be switched off', async () => {
  await world.call({ intent_target: 'one' })
  await is(1)
  await page.keyboard.press('?')
  await page.getByLabel('Listen to single letters').uncheck()
  await page.keyboard.press('Escape')
  await page.keyboard.press('j')
  await page.keyboard.press('/')
  expect(await page.evaluate(() => document.activeElement?.closest('#rows, #filter'))).toBeNull()
})

test('while paused the list stands still, and nothing is lost', async () => {
  await world.call({ intent_target: 'before' })
  await is(1)
  await page.keyboard.press('p')
  for (const name of ['one', 'two']) await world.call({ intent_target: name })
  await page.getByRole('button', { name: 'Resume (2 new)' }).waitFor()
  expect(await texts()).toEqual(['Call event before'])
  expect(await page.locator('#calls').innerText()).toBe('3')
  await page.getByRole('button', { name: 'Resume (2 new)' }).click()
  await is(3)
  expect(await texts()).toEqual(['Call event two', 'Call event one', 'Call event before'])
})

test('clear empties list, figures and chart', async () => {
  await world.call()
  await is(1)
  await page.locator('#rows a').click()
  await page.getByRole('button', { name: 'Clear' }).click()
  await page.getByRole('heading', { name: 'Waiting for the first event' }).waitFor()
  expect(await page.locator('#calls').innerText()).toBe('0')
  expect(await page.locator('#details').isVisible()).toBe(false)
  expect(await page.locator('#chart').getAttribute('aria-label')).toContain('0 events, 0 refusals')
})

test('the chart counts events and refusals of this minute', async () => {
  for (let i = 0; i < 3; i++) await world.call()
  await world.sync()
  for (let i = 0; i < 2; i++) await refusal()
  await vi.waitUntil(async () =>
    (await page.locator('#chart').getAttribute('aria-label'))?.includes('4 events, 2 refusals'),
  )
  const bars = await page
    .locator('#chart g')
    .evaluateAll((groups) =>
      groups.map((group) => [group.dataset.events, group.dataset.refusals].map(Number)),
    )
  expect(bars).toHaveLength(30)
  // The minute may have changed in between.
  const [events, refusals] = bars.slice(-2).reduce(([a, b], [c, d]) => [a! + c!, b! + d!], [0, 0])
  expect([events, refusals]).toEqual([4, 2])
})

test('a connection that breaks says so, comes back, and nothing is lost or shown twice', async () => {
  await page.close()
  page = await openConsole(context, world, world.cableUrl)
  await world.call({ intent_target: 'before' })
  await is(1)
  const port = await world.unplug()
  await page.getByText('Reconnecting…').waitFor()
  for (let i = 0; i < 20; i++) await world.call({ intent_target: `missed-${i}` })
  await refusal()
  expect(await rows().count()).toBe(1)
  await world.plug(port)
  await page.getByText('Connected, live').waitFor()
  await is(22)
  await world.call({ intent_target: 'after' })
  await is(23)
  const seen = (await texts()).filter((text) => text.startsWith('Call event'))
  expect(seen).toEqual([
    'Call event after',
    ...Array.from({ length: 20 }, (_, i) => `Call event missed-${19 - i}`),
    'Call event before',
  ])
})

test('the list keeps the newest 500', async () => {
  for (let sent = 0; sent < 520; sent += 40)
    await Promise.all(
      Array.from({ length: 40 }, (_, i) => world.call({ intent_target: `n-${sent + i}` })),
    )
  await vi.waitUntil(async () => (await page.locator('#calls').innerText()) === '520')
  await is(500)
})
