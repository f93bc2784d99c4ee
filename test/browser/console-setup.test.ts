import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import type { AxeResults } from 'axe-core'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createApp } from '../../server-reference/src/app.js'
import { OriginPolicy } from '../../server-reference/src/config/origins.js'
import { createHttpServer } from '../../server-reference/src/http/server.js'
import { Readers } from '../../server-reference/src/live/readers.js'
import { acceptReaders } from '../../server-reference/src/live/upgrade.js'
import { ownRoutes } from '../../server-reference/src/pages/own-routes.js'
import { createReadOnce } from '../../server-reference/src/setup/node-read-once.js'
import { OTHER_SITE, SITE } from '../../server-reference/src/testing/sign.js'
import { createWorld, type TestWorld } from '../../server-reference/src/testing/world.js'
import { createNodeProxy, type NodeProxy } from '../../src/proxy/node.js'
import { scriptTag, SETUP_SENTENCES, tagManagerTag } from '../../src/setup/index.js'
import { launchBrowser } from '../support/browser.js'
import { servePage, type PageServer } from '../support/page-server.js'

const TOKEN = 'ops_a-token-of-the-shop'
const OTHER_TOKEN = 'ops_a-token-of-the-other'
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const LINK = '<h1>Shop</h1><a href="tel:+441632960123">Call us</a>'

let browser: Browser
let world: TestWorld
let receiver: { url: string; stop: () => void }
let shop: PageServer
let shopUrl: string
/** The shop's page, and the responses of its server. */
let page: { html: string; policy: string; proxy: NodeProxy | '404' | 'none' }
const contexts: BrowserContext[] = []

beforeAll(async () => {
  browser = await launchBrowser()
  shop = await servePage((request, response) => {
    if (request.url === '/ops/call-event') {
      if (typeof page.proxy === 'function') return void page.proxy(request, response)
      response.statusCode = 404
      return response.setHeader('Content-Type', 'text/html').end('<h1>Not found</h1>')
    }
    if (page.policy !== '') response.setHeader('Content-Security-Policy', page.policy)
    return response
      .setHeader('Content-Type', 'text/html')
      .end(`<!doctype html><title>Shop</title>${page.html}${LINK}`)
  })
  shopUrl = shop.origin
})
afterAll(async () => {
  await browser?.close()
  shop?.close()
})
beforeEach(async () => {
  world = createWorld({
    readOnce: createReadOnce({ allowsPrivate: true }),
    origins: new OriginPolicy([{ origin: 'https://kept.example', until: null }], Date.now, true),
  })
  const digest = (token: string): string => createHash('sha256').update(token).digest('hex')
  world.store.memory.tokens.set(digest(TOKEN), SITE.id)
  world.store.memory.tokens.set(digest(OTHER_TOKEN), OTHER_SITE.id)
  world.origins.setNamed(new Map([[SITE.id, [shopUrl]]]))
  const server = createHttpServer(createApp(world, ownRoutes(world)), world.origins)
  const readers = new Readers(world.feed)
  acceptReaders(server, world, readers)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      readers.close()
      server.closeAllConnections()
      server.close()
    },
  }
  page = { html: goodTag(), policy: '', proxy: proxyWith(SITE.secret) }
})
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close()
  receiver.stop()
})

const goodTag = (): string => scriptTag(SITE.publicId, `${receiver.url}/assets/core.proxy.js`)
const proxyWith = (secret: string): NodeProxy =>
  createNodeProxy({ siteId: SITE.publicId, secret, consoleUrl: receiver.url })

const open = async (
  token = TOKEN,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<Page> => {
  const context = await browser.newContext({ locale: 'en-GB', ...options })
  contexts.push(context)
  const opened = await context.newPage()
  await opened.goto(`${receiver.url}/#token=${token}&view=setup`)
  await opened.locator('#lights li').first().waitFor()
  return opened
}
const visit = async (): Promise<Page> => {
  const context = await browser.newContext()
  contexts.push(context)
  const visitor = await context.newPage()
  await visitor.goto(shopUrl)
  return visitor
}
const check = async (setup: Page): Promise<void> => {
  await setup.getByLabel('Address of a page').fill(`${shopUrl}/`)
  await setup.getByRole('button', { name: 'Check my page' }).click()
  await setup.getByText(/^Checked /).waitFor()
}
const states = (setup: Page): Promise<string[]> =>
  setup
    .locator('#lights li')
    .evaluateAll((items) => items.map((item) => item.className.replace('light ', '')))
const shows = (setup: Page, expected: string[]) =>
  expect.poll(() => states(setup), { timeout: 20_000 }).toEqual(expected)
const named = (setup: Page): Promise<(string | undefined)[]> =>
  setup
    .locator('#lights .problem [data-finding]')
    .evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset['finding']))

test('each light turns green by a real tracker on a real page, without a reload', async () => {
  page.html = ''
  const setup = await open()
  await shows(setup, ['waiting', 'ok', 'waiting', 'waiting'])
  page.html = goodTag()
  const visitor = await visit()
  await shows(setup, ['ok', 'ok', 'waiting', 'waiting'])
  await visitor.getByText('Call us').click()
  await shows(setup, ['ok', 'ok', 'ok', 'ok'])
  await setup.getByText('It works.').waitFor()
  // The proxy's host has a port, which the contract does not keep: the light has the time instead.
  const said = await setup.locator('#lights').innerText()
  expect(said).toMatch(/^A signed request arrived: .*20\d\d.*\.$/m)
})

test('the check finds a good page good, records nothing, and asks the proxy for a signature', async () => {
  const setup = await open()
  await check(setup)
  await shows(setup, ['waiting', 'ok', 'ok', 'waiting'])
  await setup.getByText('no browser has loaded the script yet').waitFor()
  expect(world.store.memory.calls).toEqual([])
})

const GOOD = goodTag
test.each<[string, () => void, string, string]>([
  ['no tag', () => (page.html = ''), 'script', 'page-tag-missing'],
  [
    'Google Tag Manager instead of the tag',
    () => (page.html = '<script src="https://www.googletagmanager.com/gtm.js?id=GTM-1"></script>'),
    'script',
    'page-tag-in-manager',
  ],
  [
    'attributes that a builder has taken off',
    () => (page.html = GOOD().replaceAll(/ data-ops-[\w-]+="[^"]*"/g, '')),
    'script',
    'page-attributes-stripped',
  ],
  [
    'an optimiser that delays the script',
    () => (page.html = GOOD().replace('async src', 'type="rocketlazyloadscript" data-rocket-src')),
    'script',
    'page-script-delayed',
  ],
  [
    'an optimiser that has merged the script away',
    () => (page.html = '<script src="/wp-content/cache/autoptimize/js/a.js"></script>'),
    'script',
    'page-tag-merged',
  ],
  [
    'a consent tool that holds the script back',
    () => (page.html = GOOD().replace('async', 'type="text/plain"')),
    'script',
    'page-script-waits',
  ],
  [
    'a policy that blocks the script',
    () => (page.policy = "script-src 'self'"),
    'script',
    'page-script-blocked',
  ],
  [
    'a policy that forbids to send',
    () => (page.policy = "connect-src 'none'"),
    'proxy',
    'page-policy-forbids',
  ],
  [
    'a script that is not where the tag says',
    () => (page.html = GOOD().replace('core.proxy.js', 'core.proxy.0123456789abcdef.js')),
    'script',
    'page-script-missing',
  ],
  [
    'the tag of another site',
    () => (page.html = GOOD().replace(SITE.publicId, OTHER_SITE.publicId)),
    'script',
    'page-other-site',
  ],
  ['the site’s own 404 at the proxy’s path', () => (page.proxy = '404'), 'proxy', 'proxy-missing'],
  [
    'a proxy with another secret',
    () => (page.proxy = proxyWith('a-secret-of-nobody-at-all')),
    'proxy',
    'proxy-signature-refused',
  ],
])('%s is named, with its owner and the line to change', async (_, put, light, id) => {
  put()
  const setup = await open()
  await check(setup)
  await expect.poll(() => named(setup), { timeout: 10_000 }).toContain(id)
  const item = setup.locator(`#lights [data-light="${light}"]`)
  expect(await item.getAttribute('class')).toBe('light problem')
  const sentence = SETUP_SENTENCES[id as keyof typeof SETUP_SENTENCES]
  const finding = item.locator(`[data-finding="${id}"]`)
  // The sentence is the doctor's, from one table: its words up to the first value.
  expect(await finding.locator('.title').innerText()).toContain(
    sentence.title.split(/\{\w+\}/).toSorted((a, b) => b.length - a.length)[0],
  )
  expect(await finding.locator('.whose').innerText()).toMatch(/^Who can change it: \S/)
  expect(await finding.innerText()).not.toMatch(/\{\w+\}/)
})

test('an origin that is not allowed is named with the line that adds it, and turns green once it is added', async () => {
  world.origins.setNamed(new Map([[SITE.id, [shopUrl.replace('127.0.0.1', 'localhost')]]]))
  page.html = goodTag().replace('data-ops-proxy-url="/ops/call-event"', 'data-ops-secret="x"')
  const setup = await open()
  await check(setup)
  await expect.poll(() => named(setup), { timeout: 10_000 }).toContain('origin-not-listed')
  expect(await setup.locator('[data-light="origin"]').innerText()).toContain(
    `site origin add ${SITE.publicId} ${shopUrl}`,
  )
  world.origins.setNamed(new Map([[SITE.id, [shopUrl]]]))
  await expect.poll(async () => (await states(setup))[1], { timeout: 20_000 }).toBe('ok')
})

test('what no server can see is named as a possible cause: consent, an ignored device, an ad blocker', async () => {
  page.html = goodTag().replace('></script>', ' data-ops-consent="required"></script>')
  const setup = await open()
  await check(setup)
  const visitor = await visit()
  await shows(setup, ['ok', 'ok', 'ok', 'waiting'])
  await visitor.getByText('Call us').click()
  await setup.getByText('Nothing arrives?').click()
  for (const id of ['consent-not-given', 'ad-blocker', 'visitor-ignored'])
    await setup.locator(`[data-light="press"] [data-finding="${id}"]`).waitFor()
  expect(world.store.memory.calls).toEqual([])
  await visitor.evaluate(() =>
    (window as unknown as { opsmantik: { consent(granted: boolean): void } }).opsmantik.consent(
      true,
    ),
  )
  await visitor.getByText('Call us').click()
  await shows(setup, ['ok', 'ok', 'ok', 'ok'])
})

test('what is to be pasted works as it is: the tag, and the one for a tag manager', async () => {
  const setup = await open()
  const code = setup.locator('#way-code')
  expect(await code.innerText()).toBe(goodTag())
  await setup.getByRole('button', { name: 'Google Tag Manager' }).click()
  page.html = await code.innerText()
  expect(page.html).toBe(tagManagerTag(SITE.publicId, `${receiver.url}/assets/core.proxy.js`))
  await check(setup)
  const visitor = await visit()
  await visitor.waitForFunction(() => 'opsmantik' in window)
  await visitor.getByText('Call us').click()
  await shows(setup, ['ok', 'ok', 'ok', 'ok'])
  for (const way of ['WordPress', 'A project with npm', 'Express, Fastify, Node']) {
    await setup.getByRole('button', { name: way }).click()
    expect(await code.innerText()).toContain(SITE.publicId)
    expect(await code.innerText()).not.toContain(SITE.secret)
  }
})

test('a site without a press opens with Setup; the fragment, the links and Back switch the views', async () => {
  const context = await browser.newContext({ locale: 'en-GB' })
  contexts.push(context)
  const setup = await context.newPage()
  await setup.goto(`${receiver.url}/#token=${TOKEN}`)
  await setup.getByRole('heading', { name: 'What to paste' }).waitFor()
  await setup.getByRole('link', { name: 'Calls' }).focus()
  await setup.keyboard.press('Enter')
  await setup.getByRole('heading', { name: 'By day' }).waitFor()
  expect(new URL(setup.url()).hash).toBe('#calls')
  expect(await setup.getByRole('link', { name: 'Calls' }).getAttribute('aria-current')).toBe('page')
  await setup.reload()
  await setup.getByRole('heading', { name: 'By day' }).waitFor()
  await setup.goto(`${receiver.url}/#setup`)
  await setup.getByRole('heading', { name: 'What to paste' }).waitFor()
  await setup.goBack()
  await setup.getByRole('heading', { name: 'By day' }).waitFor()
  expect(await setup.getByRole('link', { name: 'Inspector' }).count()).toBe(0)
})

test('a token of another site sees nothing of it; LIVE_TOKEN chooses the site', async () => {
  page.html = goodTag()
  const visitor = await visit()
  await visitor.getByText('Call us').click()
  await expect.poll(() => world.store.memory.calls.length, { timeout: 10_000 }).toBe(1)
  const others = await open(OTHER_TOKEN)
  await check(others)
  expect(await others.locator('#lights').innerText()).not.toContain('Seen')
  await expect.poll(() => named(others), { timeout: 10_000 }).toContain('page-other-site')
  expect((await states(others))[3]).toBe('waiting')
  const context = await browser.newContext({ locale: 'en-GB' })
  contexts.push(context)
  const all = await context.newPage()
  await all.goto(`${receiver.url}/#token=${world.liveToken}&view=setup`)
  await all.getByRole('heading', { name: 'Choose a site' }).waitFor()
  await all.getByRole('button', { name: SITE.publicId }).click()
  await shows(all, ['ok', 'ok', 'ok', 'ok'])
})

test.each([
  [1280, 'light', 'en-GB'],
  [768, 'dark', 'tr-TR'],
  [390, 'light', 'tr-TR'],
  [390, 'dark', 'en-GB'],
] as const)('at %i pixels, %s, %s: axe finds nothing, nothing is wider', async (...look) => {
  const [width, colorScheme, locale] = look
  page.proxy = '404'
  page.html = goodTag().replace('async', 'type="text/plain"')
  const setup = await open(TOKEN, { viewport: { width, height: 844 }, colorScheme, locale })
  await setup.locator('#check-url').fill(`${shopUrl}/`)
  await setup.locator('#check').click()
  await setup.locator('[data-finding="proxy-missing"]').waitFor()
  await setup.locator('#lights summary').click()
  await setup.evaluate(axe)
  const { violations } = await setup.evaluate(() =>
    (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  )
  expect(violations.map(({ id, nodes }) => `${id} ${nodes.map(({ html }) => html)}`)).toEqual([])
  const isWide = await setup.evaluate(() => document.documentElement.scrollWidth > innerWidth)
  expect(isWide).toBe(false)
  if (process.env['SCREENSHOTS'] !== undefined)
    await setup.screenshot({
      path: `${process.env['SCREENSHOTS']}/setup-${look.join('-')}.png`,
      fullPage: true,
    })
})
