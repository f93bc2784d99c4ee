import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import type { AxeResults } from 'axe-core'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createApp } from '../../server-reference/src/app.js'
import { createHttpServer } from '../../server-reference/src/http/server.js'
import { Readers } from '../../server-reference/src/live/readers.js'
import { acceptReaders } from '../../server-reference/src/live/upgrade.js'
import { consoleRoutes } from '../../server-reference/src/pages/console.js'
import { call, event } from '../../server-reference/src/testing/call.js'
import { OTHER_SITE, SITE } from '../../server-reference/src/testing/sign.js'
import { createWorld, type TestWorld } from '../../server-reference/src/testing/world.js'
import { launchBrowser } from '../support/browser.js'

const TOKEN = 'ops_a-token-of-the-shop'
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const DAY_MS = 86_400_000

let browser: Browser
let world: TestWorld
let url: string
let stop: () => void
const contexts: BrowserContext[] = []

beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser?.close())
beforeEach(async () => {
  world = createWorld({ retentionDays: 90 })
  world.store.memory.tokens.set(createHash('sha256').update(TOKEN).digest('hex'), SITE.id)
  const server = createHttpServer(createApp(world, consoleRoutes(world)), world.origins)
  const readers = new Readers(world.feed)
  acceptReaders(server, world, readers)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  stop = () => {
    readers.close()
    server.closeAllConnections()
    server.close()
  }
})
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close()
  stop()
})

/** A call of the shop, so many days ago at noon; today, a second ago. */
const record = async (daysAgo: number, fields: Record<string, unknown> = {}, siteId = SITE.id) => {
  const noon = new Date()
  noon.setHours(12, 0, 0, 0)
  const at = daysAgo === 0 ? Date.now() - 1000 : noon.getTime() - daysAgo * DAY_MS
  await world.store.recordCall({
    siteId,
    endpoint: '/api/call-event/v2',
    event: {
      site_id: SITE.publicId,
      fingerprint: 'visitor',
      event_id: randomUUID(),
      intent_action: 'phone',
      intent_target: '+905321234567',
      intent_page_url: 'https://shop.example/contact?utm_source=news&utm_campaign=spring%20sale',
      intent_stamp: `${at}-ab12-tel-abc123`,
      ...fields,
    },
    replayKey: null,
    digest: 'aa'.repeat(32),
  })
}
const fill = async (): Promise<void> => {
  for (const [days, count] of [
    [0, 3],
    [1, 5],
    [3, 2],
    [5, 4],
    [6, 1],
    [7, 2],
  ] as const)
    for (let n = 0; n < count; n++)
      await record(days, n % 2 === 1 ? { intent_action: 'whatsapp', gclid: 'Cj0' } : {})
  await record(0, { intent_target: 'of-another-site' }, OTHER_SITE.id)
}

const open = async (
  path = `#token=${TOKEN}`,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<{ page: Page; complaints: string[]; requests: string[] }> => {
  const context = await browser.newContext({ locale: 'en-GB', ...options })
  contexts.push(context)
  const page = await context.newPage()
  const complaints: string[] = []
  const requests: string[] = []
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => requests.push(request.url()))
  await page.goto(url + path)
  return { page, complaints, requests }
}
const problemsOf = async (page: Page, where: string): Promise<string[]> => {
  // Not through a script element: the page's policy would refuse it.
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  )
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
  return [
    ...violations.map(
      ({ id, nodes }) => `${where}: ${id} ${nodes.map(({ html }) => html).join(' ')}`,
    ),
    ...(wide ? [`${where}: wider than the window`] : []),
  ]
}
const totals = (page: Page): Promise<string[]> => page.locator('#totals > div').allInnerTexts()

test('a link opens the calls of its site; the token leaves the address at once and is in no request’s URL', async () => {
  await fill()
  const { page, complaints, requests } = await open()
  await page.locator('#calls-rows tbody tr').first().waitFor()
  expect(page.url()).toBe(url)
  expect(requests.filter((one) => one.includes('ops_a-token'))).toEqual([])
  expect(await page.locator('#calls-rows tbody tr').count()).toBe(15)
  expect(await page.locator('body').innerText()).not.toContain('of-another-site')
  await page.reload()
  await page.locator('#calls-rows tbody tr').first().waitFor()
  expect(complaints.filter((text) => !text.includes('WebSocket'))).toEqual([])
})

test('the owner’s questions: how many, compared with before, of which kind, from which page and campaign', async () => {
  await fill()
  const { page } = await open()
  await expect.poll(() => totals(page)).toHaveLength(3)
  expect((await totals(page)).map((text) => text.replaceAll(/\s+/g, ' '))).toEqual([
    'All 15 2 before that',
    'Phone 9 1 before that',
    'WhatsApp 6 1 before that',
  ])
  expect(await page.locator('#by-page tbody').innerText()).toMatch(
    /https:\/\/shop\.example\/contact\s+15/,
  )
  expect(await page.locator('#by-campaign tbody').innerText()).toMatch(/news · spring sale\s+9/)
  expect(await page.locator('#by-campaign tbody').innerText()).toContain('Google ad')
  expect(await page.locator('#by-day title').allTextContents()).toHaveLength(7)
  await page.getByRole('button', { name: 'Today' }).click()
  await expect.poll(async () => (await totals(page))[0]).toMatch(/^All\s+3\s+5 before that$/)
})

test('the list is searched, filtered and exported, and follows the feed', async () => {
  await fill()
  const { page } = await open('', {})
  await page.getByLabel('Token').fill(TOKEN)
  await page.getByRole('button', { name: 'Open' }).click()
  const rows = page.locator('#calls-rows tbody tr')
  await expect.poll(() => rows.count()).toBe(15)
  await page.getByText('Live', { exact: true }).waitFor()
  await call(world, { body: event({ intent_action: 'form', intent_target: 'new-enquiry' }) })
  await page.getByText('new-enquiry').waitFor()
  await page.getByLabel('Search').fill('ENQUIRY')
  await expect.poll(() => rows.count()).toBe(1)
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Spreadsheet (CSV)' }).click()
  const file = readFileSync((await (await download).path())!, 'utf8')
  expect(file.trim().split('\r\n')).toHaveLength(2)
  expect(file).toContain('new-enquiry')
  await page.getByLabel('Search').fill('nothing like this')
  await page.getByText('No calls in this period.').waitFor()
})

test('a call’s story has the visit before it', async () => {
  await world.store.recordSync([
    {
      siteId: SITE.id,
      event: {
        s: SITE.publicId,
        u: 'https://shop.example/prices',
        sid: 's',
        sm: '2026-11-01',
        ec: 'page',
        ea: 'view',
        r: 'https://search.example/',
        meta: { fp: 'visitor' },
      },
    },
  ])
  await record(0)
  const { page } = await open()
  await page.locator('#calls-rows button').first().click()
  const story = page.getByRole('dialog')
  await story.getByText('Came from https://search.example/').waitFor()
  expect(await story.innerText()).toContain('https://shop.example/prices')
  expect(await problemsOf(page, 'story')).toEqual([])
  await page.keyboard.press('Escape')
  expect(await story.count()).toBe(0)
})

test('a wrong token opens nothing and says so; closing forgets the token', async () => {
  await fill()
  const { page } = await open('#token=wrong')
  await page.getByText('This token does not open anything.').waitFor()
  expect(await page.locator('#calls-view').isVisible()).toBe(false)
  expect(await problemsOf(page, 'sign-in')).toEqual([])
  await page.getByLabel('Token').fill(TOKEN)
  await page.keyboard.press('Enter')
  await page.locator('#calls-rows tbody tr').first().waitFor()
  await page.getByRole('button', { name: 'Close' }).click()
  await page.reload()
  await page.getByLabel('Token').waitFor()
  expect(await page.evaluate(() => JSON.stringify([sessionStorage, localStorage]))).not.toContain(
    'ops_',
  )
})

test('LIVE_TOKEN opens all sites, and each for itself', async () => {
  await fill()
  const { page } = await open(`#token=${world.liveToken}`)
  await page.getByText('of-another-site').waitFor()
  await page.getByLabel('Site').selectOption({ index: 2 })
  await expect.poll(() => page.locator('#calls-rows tbody tr').count()).toBe(1)
})

test('what a visitor wrote is shown as text, and runs nothing', async () => {
  const evil = '<img src=x onerror="document.title=1"><script>document.title=1</script>'
  await record(0, {
    intent_target: evil,
    intent_action: '<b>x</b>',
    intent_page_url: `https://s.example/?${evil}`,
  })
  const { page } = await open()
  await page.locator('#calls-rows').getByText(evil).first().waitFor()
  await page.locator('#calls-rows button').first().click()
  await page.getByRole('dialog').waitFor()
  expect(await page.title()).toBe('OpsMantik · Calls')
})

test('Turkish for those who read it, dates and numbers too', async () => {
  await fill()
  const { page } = await open(`#token=${TOKEN}`, { locale: 'tr-TR' })
  await page.getByRole('heading', { name: 'Güne göre' }).waitFor()
  expect(await page.locator('html').getAttribute('lang')).toBe('tr')
  await expect
    .poll(() => totals(page).then(([first]) => first))
    .toMatch(/^Tümü\s+15\s+önceki dönem 2$/)
})

test.each([
  [1280, 'light'],
  [768, 'dark'],
  [390, 'light'],
  [390, 'dark'],
] as const)(
  'at %i pixels, %s: nothing is wrong for axe, and nothing is wider than the window',
  async (width, colorScheme) => {
    await fill()
    const { page } = await open(`#token=${TOKEN}`, {
      viewport: { width, height: 844 },
      colorScheme,
    })
    await page.locator('#calls-rows tbody tr').first().waitFor()
    expect(await problemsOf(page, `${width} ${colorScheme}`)).toEqual([])
    if (process.env.SCREENSHOTS !== undefined)
      await page.screenshot({
        path: `${process.env.SCREENSHOTS}/calls-${width}-${colorScheme}.png`,
        fullPage: true,
      })
  },
)
