import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { freePort } from '../../demo/ports.mjs'
import { startServer } from '../../demo/server.mjs'
import { launchBrowser } from '../support/browser.js'
import {
  ConsoleWorld,
  event,
  openConsole,
  ORIGIN,
  pageEvent,
  signed,
  SITE,
} from '../support/console-world.js'

const V1 = '/api/call-event'
const V2 = '/api/call-event/v2'
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
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  page = await openConsole(context, world)
})
afterEach(() => context.close())

/** Opens the newest event. */
const openNewest = async (): Promise<void> => {
  await page.locator('#rows tr a').first().click()
  await page.locator('#details').waitFor()
}
const details = (): Promise<string> => page.locator('#details').innerText()
const checks = (): Promise<string[]> =>
  page
    .locator('.checks li')
    .evaluateAll((items) =>
      items.map((item) => `${item.querySelector('.number')!.textContent} ${item.className}`),
    )

test('a refusal shows the check that stopped it, what to do, and that its body was not read', async () => {
  await world.post(V1, event(), { Origin: 'https://www.shop.example' })
  await openNewest()
  expect(await page.locator('.fix').innerText()).toContain(
    `ALLOWED_ORIGINS=${ORIGIN},https://www.shop.example`,
  )
  expect((await checks()).slice(0, 3)).toEqual(['1 passed', '2 stopped', '3 not-reached'])
  expect(await page.locator('.checks [aria-current=step]').innerText()).toContain('Origin')
  expect(await details()).toMatch(/Not read: the request was refused before its body was looked at/)
})

test('a recorded call shows every check, its headers, its body as it came, and the answer', async () => {
  const body = event({ intent_action: 'phone', intent_target: '+441632960123' })
  const { body: answer } = await world.post(V2, body, {
    ...signed(body),
    Authorization: 'Bearer hush',
  })
  await openNewest()
  expect(await checks()).toEqual([
    ...Array.from({ length: 11 }, (_, i) => `${i + 1} passed`),
    '12 answered',
  ])
  const shown = await details()
  expect(shown).toContain(signed(body)['X-Ops-Site-Id'])
  expect(shown).toContain(String(answer['call_id']))
  expect(shown).toContain('not shown: it may be a secret')
  expect(await page.content()).not.toContain('hush')
  await page.getByText('Exactly as received').click()
  const raw = page.locator('details', { hasText: 'Exactly as received' }).locator('pre')
  expect(await raw.innerText()).toBe(body)
})

test('a refusal of the schema names the fields, in the list and beside it', async () => {
  const body = JSON.stringify({ site_id: SITE.publicId, fingerprint: '', event_id: 'nope' })
  await world.post(V2, body)
  expect(await page.locator('#rows .hint').innerText()).toMatch(/fingerprint .+; event_id /)
  await openNewest()
  expect(await page.locator('.issues').innerText()).toMatch(/fingerprint[^]+event_id/)
})

test('a long body is cut, says so, and offers no line that would not fit its signature', async () => {
  const events = Array.from({ length: 20 }, () => pageEvent({ u: `${ORIGIN}/${'x'.repeat(400)}` }))
  await world.post('/api/sync', JSON.stringify({ events }), { Origin: ORIGIN })
  await openNewest()
  expect(await details()).toMatch(/The first part of [\d,]+ bytes; the rest is cut off/)
  expect(await details()).toContain('Only the beginning of the body is here')
  expect(await page.locator('#copy-curl').count()).toBe(0)
})

const json = { 'Content-Type': 'application/json' }

test('what a visitor sends is text and nothing else, wherever it is shown', async () => {
  const evil = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('dialog', () => complaints.push('dialog'))
  const body = event({
    intent_action: '<img onerror=1>',
    intent_target: evil,
    intent_page_url: evil,
  })
  await world.post(V2, body, { ...signed(body), 'X-Evil': evil, 'User-Agent': evil })
  await world.post(V2, `{"site_id": "${evil}`, { 'X-Ops-Site-Id': evil })
  await world.post('/api/sync', JSON.stringify(pageEvent({ s: evil, u: evil })), { Origin: ORIGIN })
  await world.post(V1, body, { Origin: evil })
  await world.sync({ u: 'javascript:window.pwned=1' })
  await vi.waitUntil(async () => (await page.locator('#rows tr').count()) === 5, {
    timeout: 10_000,
  })
  for (const link of await page.locator('#rows tr a').all()) {
    await link.click()
    await page.locator('#details').waitFor()
    await page.keyboard.press('Escape')
  }
  await page.locator('#rows tr', { hasText: 'onerror' }).last().locator('a').click()
  expect(await details()).toContain(evil)
  await page.getByLabel('Search in everything').fill(evil)
  await page.goto(
    `${world.url}/?text=${encodeURIComponent(evil)}&site=${encodeURIComponent(evil)}#event=${encodeURIComponent(evil)}`,
  )
  await page.waitForTimeout(300)
  expect(await page.locator('img, iframe, body script').count()).toBe(0)
  expect(
    await page
      .locator('#inspector-view a')
      .evaluateAll((links) =>
        links.every((link) => /^#event=[\w-]+$/.test(link.getAttribute('href')!)),
      ),
  ).toBe(true)
  expect(await page.evaluate(() => 'pwned' in window)).toBe(false)
  expect(complaints).toEqual([])
})

test('markup cannot even be made: the page’s own policy refuses it', async () => {
  const refused = await page.evaluate(() => {
    try {
      document.body.insertAdjacentHTML('beforeend', '<b>x</b>')
      return 'made'
    } catch (error) {
      return (error as Error).name
    }
  })
  expect(refused).toBe('TypeError')
})

test('in production the feed has no detail, and there is no inspector', async () => {
  const port = await freePort(0)
  const token = 'a-token-of-this-test'
  const server = await startServer({
    port,
    siteId: '',
    secret: '',
    origins: [ORIGIN],
    variables: { NODE_ENV: 'production', LIVE_TOKEN: token, SEED_SITES: '' },
  })
  try {
    expect((await fetch(`${server.url}/console/inspector/inspector.js`)).status).toBe(404)
    expect(await (await fetch(server.url)).text()).not.toContain(token)
    const reader = new WebSocket(
      `${server.url.replace('http', 'ws')}/api/live`,
      ['ops.live.v1', `token.${token}`],
      { origin: ORIGIN },
    )
    const message = new Promise<string>((resolve, reject) => {
      reader.on('message', (data) => resolve(String(data)))
      reader.on('error', reject)
    })
    await new Promise((resolve) => reader.on('open', resolve))
    const body = event({ intent_target: 'visitors-words' })
    await fetch(server.url + V2, {
      method: 'POST',
      body,
      headers: { ...json, 'X-Visitor': 'visitors-words' },
    })
    const refused = JSON.parse(await message) as object
    expect(Object.keys(refused).sort()).toEqual([
      'at',
      'code',
      'endpoint',
      'hint',
      'id',
      'status',
      'type',
    ])
    expect(JSON.stringify(refused)).not.toContain('visitors-words')
    reader.close()
  } finally {
    await server.stop()
  }
})
