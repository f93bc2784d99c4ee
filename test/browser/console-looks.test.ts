import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import type { AxeResults } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { launchBrowser } from '../support/browser.js'
import { ConsoleWorld, event, ORIGIN, signed, SITE } from '../support/console-world.js'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const world = new ConsoleWorld()
let browser: Browser

beforeAll(async () => {
  await world.start()
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await world.stop()
})

/** Opens the console and returns it, its requests and its complaints. */
const open = async (width: number, colorScheme: 'light' | 'dark' = 'light') => {
  const context = await browser.newContext({ viewport: { width, height: 844 }, colorScheme })
  const page = await context.newPage()
  const requests: string[] = []
  const complaints: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(world.url)
  await page.getByText('Connected, live').waitFor()
  return { page, requests, complaints, close: () => context.close() }
}

/** Returns the findings of axe, in short, and reports a page that is wider than its window. */
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

test('before the first event the console says what to do, and its lines work as they stand', async () => {
  const { page, close } = await open(1280)
  await page.getByRole('heading', { name: 'Waiting for the first event' }).waitFor()
  expect(await problemsOf(page, 'empty')).toEqual([])

  await page.getByLabel('Your site id').fill(SITE.publicId)
  expect(await page.locator('#first-tag').innerText()).toContain(
    `data-ops-site-id="${SITE.publicId}"`,
  )
  await page.getByText('Or sign a call yourself').click()
  const line = await page.locator('#first-curl').innerText()
  const script = await page.locator('#first-signed').innerText()
  const run = (text: string) => promisify(execFile)('sh', ['-c', text], { timeout: 20_000 })

  const refused = await run(line)
  expect(refused.stdout).toContain('SIGNATURE_REQUIRED')
  await page.locator('#rows tr', { hasText: 'SIGNATURE_REQUIRED' }).waitFor()
  expect(await page.locator('#empty').isVisible()).toBe(false)

  const recorded = await run(script.replace('the secret of the site', SITE.secret))
  expect(recorded.stdout).toContain('"status":"unmatched"')
  await page.locator('#rows tr.call', { hasText: '+441632960123' }).waitFor()
  await close()
})

test.each([
  [1280, 'light'],
  [1280, 'dark'],
  [390, 'light'],
  [390, 'dark'],
] as const)(
  'at %i pixels, %s, axe finds nothing, and nothing is wider than the window',
  async (width, scheme) => {
    await world.sync({ u: `${ORIGIN}/${'long-'.repeat(60)}` })
    await world.call({
      intent_action: 'phone',
      intent_target: '1'.repeat(300),
      intent_page_url: `${ORIGIN}/a`,
    })
    await world.post('/api/call-event', event(), { Origin: `https://${'a'.repeat(60)}.example` })
    const body = JSON.stringify({ site_id: SITE.publicId, fingerprint: '', event_id: 'x' })
    await world.post('/api/call-event/v2', body, { ...signed(body), Cookie: 'x' })
    const { page, close } = await open(width, scheme)
    await vi.waitUntil(async () => (await page.locator('#rows tr').count()) >= 4)
    const found = await problemsOf(page, 'list')
    for (const kind of ['refused', 'call', 'sync']) {
      await page.locator(`#rows tr.${kind} a`).first().click()
      await page.locator('#details').waitFor()
      for (const summary of await page.locator('#details summary').all()) await summary.click()
      found.push(...(await problemsOf(page, `details of ${kind}`)))
      await page.keyboard.press('Escape')
    }
    await page.keyboard.press('?')
    await page.getByRole('dialog').waitFor()
    found.push(...(await problemsOf(page, 'help')))
    await page.keyboard.press('Escape')
    await page.getByLabel('Search in everything').fill('no such thing')
    found.push(...(await problemsOf(page, 'no match')))
    expect(found).toEqual([])
    await close()
  },
)

test('it asks nothing of anybody but its own server, and has nothing to complain about', async () => {
  const { page, requests, complaints, close } = await open(1280)
  const sockets: string[] = []
  page.on('websocket', (socket) => sockets.push(socket.url()))
  await page.reload()
  await page.getByText('Connected, live').waitFor()
  await world.call({ intent_page_url: 'https://elsewhere.example/picture.png' })
  await page.locator('#rows tr', { hasText: 'elsewhere.example' }).locator('a').click()
  await page.locator('#details').waitFor()
  const elsewhere = [...requests, ...sockets].filter(
    (url) => !url.startsWith('data:') && new URL(url).host !== new URL(world.url).host,
  )
  expect(elsewhere).toEqual([])
  expect(sockets).toHaveLength(1)
  expect(complaints).toEqual([])
  await close()
})
