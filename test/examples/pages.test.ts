import { createServer } from 'node:http'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { freePort } from '../../demo/ports.mjs'
import { createNodeProxy } from '../../src/proxy/node.js'
import { launchBrowser } from '../support/browser.js'
import { SECRET, SITE_ID } from './support/conform.js'
import { startConsole, type InstalledServer } from './support/console.js'
import { answers, run, start } from './support/run.js'

const workspace = inject('workspace')
const folder = (name: string): string => join(workspace, name)

let browser: Browser
let server: InstalledServer
/** The numbers that were pressed. */
const pressed: string[] = []

beforeAll(async () => {
  browser = await launchBrowser()
  server = await startConsole(workspace)
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

/** Notes when a tracker listens; no page and no framework asks for this event. */
const noteTracker = (): void => {
  const listen = window.addEventListener
  window.addEventListener = function (this: Window, ...args: Parameters<typeof listen>) {
    if (args[0] === 'prerenderingchange') Object.assign(window, { tracked: true })
    return listen.apply(this, args)
  } as typeof listen
}

const tracked = (page: Page): Promise<unknown> => page.waitForFunction('window.tracked')

/** Presses the page's number as a visitor does, and waits until the page has heard that it is recorded. */
const press = async (page: Page): Promise<void> => {
  const link = page.locator('a[href^="tel:"]')
  pressed.push(((await link.getAttribute('href')) ?? '').slice('tel:'.length))
  const answered = page.waitForResponse(
    async (response) =>
      response.url().endsWith('/ops/call-event') &&
      /"status":"(un)?matched"/.test(await response.text()),
  )
  await link.click()
  expect((await answered).status()).toBe(200)
}

const visit = async (url: string, look: (page: Page) => Promise<void> = press): Promise<void> => {
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    await page.addInitScript(noteTracker)
    await page.goto(url)
    await tracked(page)
    await look(page)
    // A delivered event must not be sent again on the next load.
    await page.reload()
    await tracked(page)
    expect(errors).toEqual([])
  } finally {
    await context.close()
  }
}

/** Builds and starts an example as its README says, and shows it to a visitor. */
const tryOut = async (name: string, look?: (page: Page) => Promise<void>): Promise<void> => {
  await run('npm', ['run', 'build'], folder(name))
  const port = String(await freePort(0))
  const url = `http://127.0.0.1:${port}/`
  const env = { PORT: port, OPS_SECRET: SECRET, OPS_CONSOLE_URL: server.url }
  // Vite takes its port from the command line only.
  const args = /vite|vue|svelte/.test(name) ? ['start', '--', '--port', port] : ['start']
  const example = await start('npm', args, folder(name), env, answers(url))
  try {
    await visit(url, look)
  } finally {
    await example.stop()
  }
}

test.each(['script-tag', 'react-vite', 'vue', 'svelte', 'next'])(
  'in examples/%s a pressed number is recorded',
  (name) => tryOut(name),
)

test('in examples/multi-page a number is recorded that was pressed after a view transition', () =>
  tryOut('multi-page', async (page) => {
    await page.addInitScript(() =>
      addEventListener('pagereveal', (event) =>
        Object.assign(window, { slid: Boolean(Reflect.get(event, 'viewTransition')) }),
      ),
    )
    await page.getByRole('link', { name: 'Prices' }).click()
    await page.getByRole('heading', { name: 'Prices' }).waitFor()
    expect(await page.waitForFunction('window.slid')).toBeTruthy()
    await tracked(page)
    await press(page)
    // By script: Chromium sometimes swallows the click that follows a press of tel:.
    await page.getByRole('link', { name: 'Home' }).evaluate((link: HTMLElement) => link.click())
    await page.getByRole('heading', { name: 'Welcome' }).waitFor()
  }))

test.each(['esbuild', 'webpack'])(
  'bundled by %s, a pressed number is recorded',
  async (bundler) => {
    const name = `bundled-${bundler}`
    await run('npm', ['run', 'build'], folder(name))
    const number = bundler === 'esbuild' ? '+905000000108' : '+905000000109'
    const proxy = createNodeProxy({ siteId: SITE_ID, secret: SECRET, consoleUrl: server.url })
    const shop = createServer(async (request, response) => {
      if (request.url === '/ops/call-event') await proxy(request, response)
      else if (request.url === '/main.js')
        response
          .setHeader('Content-Type', 'text/javascript')
          .end(await readFile(join(folder(name), 'dist/main.js')))
      else
        response
          .setHeader('Content-Type', 'text/html')
          .end(`<!doctype html><a href="tel:${number}">Call</a><script src="/main.js"></script>`)
    }).listen(0, '127.0.0.1')
    await once(shop, 'listening')
    try {
      await visit(`http://127.0.0.1:${(shop.address() as AddressInfo).port}/`)
    } finally {
      shop.close()
      shop.closeAllConnections()
    }
  },
)

test('each of these numbers was recorded exactly once', async () => {
  const rows = await server.rows()
  expect(pressed.length).toBe(8)
  expect(rows.map(({ intent_target }) => intent_target).sort()).toEqual(pressed.sort())
})

test('examples/playwright, a site’s own end-to-end test, passes', async () => {
  const env = {
    SHOP_PORT: String(await freePort(0)),
    CONSOLE_PORT: String(await freePort(0)),
    CHROMIUM_PATH: inject('browserPath'),
  }
  expect(await run('npm', ['test'], folder('playwright'), env)).toContain('2 passed')
})
