import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { freePort } from '../../demo/ports.mjs'
import { startServer } from '../../demo/server.mjs'
import { answers, run, start } from '../examples/support/run.js'
import { launchBrowser } from '../support/browser.js'
import { follow, type PageReader } from './support/follow.js'
import { npmOfNewcomer } from './support/npm-of-newcomer.js'
import { readPage } from './support/read-page.js'

/**
 * Replacements for words of a page that a machine cannot follow, with the reason. Everything else is done word for word. The pages for
 * WordPress and for who is on call are not followed yet.
 */
const OTHERWISE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  README: {
    'npm ci && npm run registry':
      'test/starters/support/prepare.ts packs and serves the same packages: the checkout is installed and built already',
    'http://127.0.0.1:4873': 'a free port: tests run side by side',
  },
  'script-tag': {
    'https://console.example.com': 'the test’s own console',
  },
  init: {
    'https://console.example.com': 'the test’s own console',
    'the-site-s-secret': 'the secret of its site',
  },
  'single-page-application': {
    '5173': 'a free port: tests run side by side',
    '8787': 'a free port: tests run side by side',
  },
  server: { '8787': 'a free port: tests run side by side' },
  msw: {},
  playwright: {
    'npx playwright install chromium':
      'it downloads from a host that is not npm: the Chromium of this machine is named in a configuration instead',
  },
}

const SITE_ID = '0123456789abcdef0123456789abcdef'
const SECRET = 'a-secret-of-24-characters'
const NPM = npmOfNewcomer()
/** A server's first start, on a machine that does something else too. */
const LIMIT_MS = 240_000
const PHP_PROXY = fileURLToPath(new URL('../../examples/proxy-php/proxy.php', import.meta.url))

let browser: Browser
let page: Page
let reader: PageReader | undefined
const stops: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser?.close())
beforeEach(async () => {
  page = await browser.newPage()
})
afterEach(async () => {
  await page.close()
  await reader?.close()
  for (const stop of stops.splice(0).toReversed()) await stop()
})

/** Starts a console as an operator does, which knows the page's origin. */
const startConsole = async (...origins: string[]): Promise<string> => {
  const port = await freePort(0)
  const server = await startServer({ port, siteId: SITE_ID, secret: SECRET, origins })
  stops.push(server.stop)
  return new URL(server.url).origin
}

/** Presses the number and returns what the site's own proxy answered. */
const press = async (url: string, proxyPath: string): Promise<unknown> => {
  await page.goto(url, { waitUntil: 'networkidle' })
  const answered = page.waitForResponse((response) => response.url().endsWith(proxyPath))
  await page.locator('a[href^="tel:"]').click()
  return (await answered).json()
}

test('no page of docs/start is forgotten, and each exception is about words that are on its page', () => {
  const folder = fileURLToPath(new URL('../../docs/start/', import.meta.url))
  const pages = readdirSync(folder).map((name) => name.replace('.md', ''))
  expect(pages.toSorted()).toEqual([...Object.keys(OTHERWISE), 'on-call', 'wordpress'].toSorted())
  for (const [name, exceptions] of Object.entries(OTHERWISE)) {
    const blocks = readPage(name).map(({ text }) => text)
    for (const words of Object.keys(exceptions)) expect(blocks.join(''), name).toContain(words)
  }
})

test('the registry that the first page starts is where its second command looks', () => {
  const script = readFileSync(new URL('../../scripts/registry.mjs', import.meta.url), 'utf8')
  expect(script).toContain(/:(\d+)/.exec(readPage('README').at(-1)!.text.split('//')[1]!)![1])
})

test('a script tag: a press on a page of one file is recorded through the proxy of one file', async () => {
  const port = String(await freePort(0))
  const origin = `http://127.0.0.1:${port}`
  const console = await startConsole(origin)
  reader = follow('script-tag', { instead: { 'https://console.example.com': console } })
  const { text } = reader.take()
  expect(reader.left()).toBe(0)
  const html = `<!doctype html><head>\n${text}</head><a href="tel:+905000000000">Call us</a>`
  writeFileSync(join(reader.folder, 'index.html'), html)
  copyFileSync(PHP_PROXY, join(reader.folder, 'ops.php'))
  const env = { OPS_SITE_ID: SITE_ID, OPS_SECRET: SECRET, OPS_CONSOLE_URL: console }
  const words = ['-S', `127.0.0.1:${port}`]
  const php = await start('php', words, reader.folder, env, answers(`${origin}/`), LIMIT_MS)
  stops.push(php.stop)
  expect(await press(`${origin}/`, '/ops.php')).toMatchObject({ status: 'unmatched' })
})

test('a project with npm: the command asks, and after a yes a press is recorded', async () => {
  const free = String(await freePort(0))
  const url = `http://127.0.0.1:${free}`
  // The command takes the development server's usual address for granted, where somebody else may be in this test.
  const usual = 'http://localhost:3000'
  const console = await startConsole(usual, url)
  const instead = { 'https://console.example.com': console, 'the-site-s-secret': SECRET }
  reader = follow('init', { instead })
  const html = '<!doctype html><head></head><a href="tel:+905000000000">Call us</a>'
  writeFileSync(join(reader.folder, 'index.html'), html)
  const { text } = reader.take()
  expect(reader.left()).toBe(0)
  // The terminal is what somebody can be asked in.
  writeFileSync(join(reader.folder, '.commands'), text)
  const terminal = 'echo y | script --quiet --return --command "bash -eu .commands" /dev/null'
  const said = await run('bash', ['-c', terminal], reader.folder, NPM)
  expect(said).toContain('Do this? (y/N)')
  expect(said).toContain(`npx opsmantik doctor ${console} --origin ${usual}`)
  const own = join(reader.folder, 'opsmantik-proxy')
  const project = await start('npm', ['start'], own, { ...NPM, PORT: free }, answers(url), LIMIT_MS)
  stops.push(project.stop)
  expect(await press(`${url}/`, '/ops/call-event')).toMatchObject({ status: 'unmatched' })
})

test('a single-page application: delivered, queued while the server is away, and recorded after a reload', async () => {
  const [port, serverPort] = [String(await freePort(0)), String(await freePort(0))]
  const instead = { '5173': port, '8787': serverPort, 'npx vite': `npx vite --port ${port}` }
  reader = follow('single-page-application', { instead, env: { ...NPM, PORT: serverPort } })
  await reader.next()
  const server = reader.take()
  const serve = () =>
    start(
      'bash',
      ['-c', server.text],
      reader!.folder,
      { ...NPM, PORT: serverPort },
      answers(`http://127.0.0.1:${serverPort}/api/health`),
      LIMIT_MS,
    )
  const first = await serve()
  for (let left = reader.left(); left > 0; left--) await reader.next()
  const said: string[] = []
  page.on('console', (message) => said.push(message.text().trim()))
  expect(await press(`http://localhost:${port}/`, '/ops/call-event')).toMatchObject({
    status: 'unmatched',
  })
  // Pressed by a script: Chromium may swallow a click after one on a link to `tel:`.
  const book = (): Promise<void> =>
    page.getByRole('button', { name: 'Book room 7' }).dispatchEvent('click')
  await book()
  await expect.poll(() => said).toContain('delivered')
  await first.stop()
  await book()
  await expect.poll(() => said, { timeout: 30_000 }).toContain('queued 502')
  const second = await serve()
  stops.push(second.stop)
  const recorded = page.waitForResponse(
    (response) => response.url().endsWith('/ops/call-event') && response.status() === 200,
    { timeout: 120_000 },
  )
  await page.reload()
  expect((await recorded).request().postDataJSON()).toMatchObject({ intent_action: 'booking' })
})

test('a server of your own: the kit passes, and names what the rollback switch breaks', async () => {
  const port = String(await freePort(0))
  reader = follow('server', { instead: { '8787': port }, env: { ...NPM, PORT: port } })
  await reader.next()
  expect(await reader.next()).toContain('Conformant')
  await reader.end()
  await reader.next()
  await expect(reader.next()).rejects.toThrow(/curl/)
  expect(reader.left()).toBe(0)
})

test('tests with MSW: the test passes, and fails without the click', async () => {
  reader = follow('msw', { env: NPM })
  await reader.next()
  await reader.next()
  const again = await reader.next()
  expect(again).toMatch(/1 passed/)
  const file = join(reader.folder, 'press.test.js')
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replace("document.querySelector('a').click()", ''))
  await expect(run('npx', ['vitest', 'run'], reader.folder, NPM)).rejects.toThrow(/intent_action/)
})

test('tests with Playwright: the test passes, and fails without the script', async () => {
  const port = String(await freePort(0))
  const env = { ...NPM, PORT: port, OPS_INSPECT_URL: `http://127.0.0.1:${port}` }
  reader = follow('playwright', { instead: { 'npx playwright install chromium': '' }, env })
  const launchOptions = { executablePath: inject('browserPath'), args: ['--no-sandbox'] }
  const config = `export default { use: { launchOptions: ${JSON.stringify(launchOptions)} } }\n`
  writeFileSync(join(reader.folder, 'playwright.config.mjs'), config)
  await reader.next()
  await reader.next()
  await reader.next()
  expect(await reader.next()).toMatch(/1 passed/)
  const file = join(reader.folder, 'press.spec.mjs')
  writeFileSync(file, readFileSync(file, 'utf8').replace('src="/core.js"', ''))
  await expect(run('npx', ['playwright', 'test'], reader.folder, env)).rejects.toThrow(/phone/)
})
