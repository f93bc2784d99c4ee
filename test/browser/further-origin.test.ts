import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../../demo/ports.mjs'
import { startServer } from '../../demo/server.mjs'
import { createNodeProxy } from '../../src/proxy/node.js'
import { launchBrowser } from '../support/browser.js'
import { servePage, type PageServer } from '../support/page-server.js'
import { readRows } from '../support/rows.js'

// A shop with its proxy on one origin, and pages on another that it allows and on one that it does not.

const siteId = '0123456789abcdef0123456789abcdef'
const secret = 'a-secret-of-24-characters'
const core = readFileSync(new URL('../../dist/core.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'opsmantik-further-'))

let browser: Browser
let server: Awaited<ReturnType<typeof startServer>>
let shop: PageServer
let further: PageServer
let foreign: PageServer
/** The requests to the shop's proxy: method and status. */
const exchanges: string[] = []

const page = (proxyUrl: string): string =>
  `<!doctype html><title>t</title><a id="phone" href="tel:+905000000000">call</a>
  <script src="/core.js" data-ops-site-id="${siteId}" data-ops-proxy-url="${proxyUrl}" data-ops-sync-url="${proxyUrl}"></script>`

const site = (): Promise<PageServer> =>
  servePage((request, response) =>
    request.url === '/core.js'
      ? response.setHeader('Content-Type', 'text/javascript').end(core)
      : response.setHeader('Content-Type', 'text/html').end(page(`${shop.origin}/ops`)),
  )

beforeAll(async () => {
  browser = await launchBrowser()
  server = await startServer({
    port: await freePort(0),
    siteId,
    secret,
    origins: ['https://unrelated.example'],
    dataDir: join(folder, 'data'),
  })
  let proxy: ReturnType<typeof createNodeProxy>
  shop = await servePage((request, response) => {
    response.on('finish', () => exchanges.push(`${request.method} ${response.statusCode}`))
    void proxy(request, response)
  })
  further = await site()
  foreign = await site()
  const consoleUrl = new URL(server.url).origin
  proxy = createNodeProxy({ siteId, secret, consoleUrl, origins: further.origin })
})
afterAll(async () => {
  await browser?.close()
  for (const one of [shop, further, foreign]) one?.close()
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const open = async ({ origin }: PageServer): Promise<Page> => {
  const opened = await (await browser.newContext()).newPage()
  await opened.goto(origin)
  await opened.waitForFunction(() => window.opsmantik?.mode)
  return opened
}

/** Asks the proxy from within the page, as JSON, which takes a preflight. */
const ask = (opened: Page, body: string): Promise<unknown> =>
  opened.evaluate(
    ([url, text]) =>
      fetch(url!, {
        method: 'POST',
        body: text!,
        headers: { 'Content-Type': 'application/json' },
      }).then(
        async (response) => ({
          status: response.status,
          code: (await response.json()).code,
          id: response.headers.get('X-Request-Id')?.length,
        }),
        () => 'unreadable',
      ),
    [`${shop.origin}/ops`, body],
  )

test('on a further origin the press is recorded once, and the page can read that it is', async () => {
  const opened = await open(further)
  const outcome = await opened.evaluate(() => window.opsmantik!.intent('phone', '+905000000001'))
  expect(outcome).toMatchObject({ status: 'delivered' })
  await opened.reload()
  await opened.waitForFunction(() => window.opsmantik?.mode)
  await opened.evaluate(() => window.opsmantik!.flush())
  expect(exchanges.filter((line) => line === 'POST 200').length).toBeGreaterThanOrEqual(2)
  expect(exchanges.filter((line) => !/ 20[04]$/.test(line))).toEqual([])
  await opened.context().close()
})

test('on a further origin the page can read refusals, after a preflight', async () => {
  const opened = await open(further)
  expect(await ask(opened, 'nonsense')).toEqual({ status: 400, code: 'INVALID_JSON', id: 36 })
  expect(await ask(opened, `{"site_id":"${'f'.repeat(32)}"}`)).toEqual({
    status: 400,
    code: 'INVALID_SITE_ID',
    id: 36,
  })
  expect(exchanges).toContain('OPTIONS 204')
  await opened.context().close()
})

test('on a foreign origin nothing is recorded, and the page can read nothing', async () => {
  const opened = await open(foreign)
  const outcome = await opened.evaluate(() => window.opsmantik!.intent('phone', '+905000000002'))
  expect(outcome).toMatchObject({ status: 'queued', reason: '0' })
  expect(await ask(opened, 'nonsense')).toBe('unreadable')
  expect(exchanges).toContain('OPTIONS 403')
  await opened.context().close()
})

test('the server has the one call', async () => {
  await server.stop()
  const rows = await readRows(join(folder, 'data', 'postgres'))
  expect(rows.map((row) => row.intent_target)).toEqual(['+905000000001'])
})
