import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { freePort } from '../../demo/ports.mjs'
import { startServer } from '../../demo/server.mjs'
import { answers, run, start } from '../examples/support/run.js'
import { launchBrowser } from '../support/browser.js'
import { follow, type PageReader } from './support/follow.js'
import { npmOfNewcomer } from './support/npm-of-newcomer.js'
import { readPage } from './support/read-page.js'

/**
 * What a machine does instead of what a page says, and why. Everything else is done word for word. `npx opsmantik init` is
 * followed by starters.test.ts; the other pages of docs/start are not followed yet.
 */
const OTHERWISE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'script-tag': { 'https://console.example.com': 'the test’s own console' },
  server: { '8787': 'a free port: tests run side by side' },
  msw: {},
}

const SITE_ID = '0123456789abcdef0123456789abcdef'
const SECRET = 'a-secret-of-24-characters'
const NPM = npmOfNewcomer()
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

test('each exception is about words that are on its page', () => {
  for (const [name, exceptions] of Object.entries(OTHERWISE)) {
    const blocks = readPage(name).map(({ text }) => text)
    expect(blocks.length).toBeGreaterThan(0)
    for (const words of Object.keys(exceptions)) expect(blocks.join(''), name).toContain(words)
  }
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
  const php = await start('php', words, reader.folder, env, answers(`${origin}/`))
  stops.push(php.stop)
  expect(await press(`${origin}/`, '/ops.php')).toMatchObject({ status: 'unmatched' })
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
