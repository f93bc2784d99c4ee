import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { Tracker } from '../../src/index.js'
import { launchBrowser } from '../support/browser.js'

const siteId = '0123456789abcdef0123456789abcdef'
const core = readFileSync(new URL('../../dist/core.js', import.meta.url))
const EMBED = `data-ops-site-id="${siteId}" data-ops-proxy-url="/ops"`
const PHONE = '<a id="phone" href="tel:+905000000000">call</a>'

let server: Server
let url: string
/** The content of the next page, its policy, and the received events. */
let html: string
let policy: string | undefined
let events: { intent_action: string; intent_target: string }[]
let browser: Browser
let context: BrowserContext
let complaints: string[]

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/core.js')
      return response.setHeader('Content-Type', 'text/javascript').end(core)
    if (request.url === '/inject.js')
      return response.setHeader('Content-Type', 'text/javascript').end(`
        const script = document.createElement('script')
        script.src = '/core.js'
        script.dataset.opsSiteId = '${siteId}'
        script.dataset.opsProxyUrl = '/ops'
        document.head.append(script)`)
    if (request.method === 'POST') {
      let body = ''
      request.on('data', (chunk) => (body += chunk))
      return request.on('end', () => {
        events.push(JSON.parse(body))
        response.setHeader('Content-Type', 'application/json').end('{"status":"unmatched"}')
      })
    }
    if (policy) response.setHeader('Content-Security-Policy', policy)
    return response
      .setHeader('Content-Type', 'text/html')
      .end(`<!doctype html><title>t</title>${html}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  server.closeAllConnections()
  server.close()
})
beforeEach(async () => {
  events = []
  complaints = []
  policy = undefined
  context = await browser.newContext()
})
afterEach(() => context.close())

const open = async (content: string): Promise<Page> => {
  html = content
  const page = await context.newPage()
  page.on('console', (message) => {
    // The browser's own word on a missing favicon is not ours.
    if (!/favicon/.test(message.location().url)) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.goto(url)
  return page
}
const mode = (page: Page) =>
  page.waitForFunction(() => window.opsmantik?.mode).then((handle) => handle.jsonValue())
const arrived = (count: number) => vi.waitUntil(() => events.length >= count, { timeout: 10_000 })

test.each([
  ['plain', `<script src="/core.js" ${EMBED}></script>`],
  ['async', `<script async src="/core.js" ${EMBED}></script>`],
  ['defer', `<script defer src="/core.js" ${EMBED}></script>`],
  ['type=module', `<script type="module" src="/core.js" ${EMBED}></script>`],
  ['injected by another script', `<script src="/inject.js"></script>`],
  ['among other scripts', `<script src="/x"></script><script src="/core.js" ${EMBED}></script>`],
])('a script tag that is %s finds its own element', async (_, tag) => {
  const page = await open(tag + PHONE)
  expect(await mode(page)).toBe('proxy')
  await page.click('#phone')
  await arrived(1)
  expect(events).toMatchObject([{ intent_action: 'phone', intent_target: '+905000000000' }])
})

test('two copies on a page start once', async () => {
  const page = await open(`<script src="/core.js" ${EMBED}></script>`.repeat(2) + PHONE)
  await page.click('#phone')
  await arrived(1)
  await page.waitForTimeout(300)
  expect(events).toHaveLength(1)
})

test('an element with the tracker’s name does not keep it from starting', async () => {
  const page = await open(`<a id="opsmantik"></a><script src="/core.js" ${EMBED}></script>`)
  expect(await mode(page)).toBe('proxy')
})

test.each([
  ['a malformed site id', 'data-ops-site-id="YOUR_ID" data-ops-proxy-url="/ops"'],
  ['a malformed proxy URL', `data-ops-site-id="${siteId}" data-ops-proxy-url="http://["`],
  ['neither proxy nor secret', `data-ops-site-id="${siteId}"`],
])('%s gives noop, without a word in the console', async (_, attributes) => {
  const page = await open(`<script src="/core.js" ${attributes}></script>${PHONE}`)
  expect(await mode(page)).toBe('noop')
  await page.click('#phone')
  await page.waitForTimeout(200)
  expect(events).toEqual([])
  expect(complaints).toEqual([])
})

test('debug explains the mode and each outcome', async () => {
  const page = await open(`<script src="/core.js" ${EMBED} data-ops-debug></script>${PHONE}`)
  await page.click('#phone')
  await vi.waitUntil(() => complaints.some((text) => /delivered/.test(text)), { timeout: 10_000 })
  expect(complaints[0]).toMatch(/^\[opsmantik\] proxy/)
})

test('it leaves one global, no console output, and runs under a policy that allows next to nothing', async () => {
  policy = `default-src 'none'; script-src ${url}core.js; connect-src ${url}ops; require-trusted-types-for 'script'`
  const before = await (await open(PHONE)).evaluate(() => Object.getOwnPropertyNames(window))
  const page = await open(`<script src="/core.js" ${EMBED}></script>${PHONE}`)
  const after = await page.evaluate(() => Object.getOwnPropertyNames(window))
  await page.click('#phone')
  await arrived(1)
  expect(after.filter((name) => !before.includes(name))).toEqual(['opsmantik'])
  expect(complaints).toEqual([])
})

test('a page whose storage is blocked still delivers', async () => {
  await context.addInitScript(() => {
    for (const name of ['localStorage', 'sessionStorage'])
      Object.defineProperty(window, name, {
        get() {
          throw new DOMException('blocked', 'SecurityError')
        },
      })
  })
  const page = await open(`<script src="/core.js" ${EMBED}></script>${PHONE}`)
  await page.click('#phone')
  await arrived(1)
  expect(complaints).toEqual([])
})

test('a page whose storage is full still delivers', async () => {
  const page = await open(`<script src="/core.js" ${EMBED}></script>${PHONE}`)
  await page.evaluate(() => {
    let chunk = 'x'.repeat(1 << 20)
    for (let i = 0; chunk.length; i++)
      try {
        localStorage.setItem(`full${i}`, chunk)
      } catch {
        chunk = chunk.slice(0, chunk.length >> 1)
      }
  })
  await page.click('#phone')
  await arrived(1)
  expect(complaints).toEqual([])
})

test('real presses: nested child, shadow tree, keyboard and touch count; the right button does not', async () => {
  const content = `<script src="/core.js" ${EMBED}></script>
    <a href="sms:+901"><b id="child">x</b></a><div id="host"></div>
    <a id="key" href="https://wa.me/903" target="_blank">x</a>
    <a id="tap" href="https://wa.me/904" target="_blank">x</a>
    <a id="right" href="https://wa.me/905">x</a><a id="middle" href="https://wa.me/906">x</a>`
  await context.close()
  context = await browser.newContext({ hasTouch: true })
  await context.route('https://wa.me/**', (route) => route.fulfill({ body: 'chat' }))
  await (await open(content)).click('#child')
  const shadow = await open(content)
  await shadow.evaluate(() => {
    const root = document.querySelector('#host')!.attachShadow({ mode: 'open' })
    root.innerHTML = '<a href="sms:+902"><i>shadow</i></a>'
  })
  await shadow.click('text=shadow')
  const page = await open(content)
  await page.click('#right', { button: 'right' })
  await page.keyboard.press('Escape')
  await page.focus('#key')
  await page.keyboard.press('Enter')
  await page.tap('#tap')
  await page.click('#middle', { button: 'middle' })
  await arrived(5)
  await page.waitForTimeout(300)
  expect(events.map(({ intent_target }) => intent_target).sort()).toEqual([
    '+901',
    '+902',
    'whatsapp:+903',
    'whatsapp:+904',
    'whatsapp:+906',
  ])
})

test('it never cancels nor delays: the page’s own handler sees an untouched event', async () => {
  const page = await open(
    `<script src="/core.js" ${EMBED}></script><a id="x" href="#there" data-ops-intent="a">x</a>`,
  )
  await page.evaluate(() => {
    addEventListener('click', (event) => {
      ;(window as unknown as { seen: boolean }).seen = event.defaultPrevented
    })
  })
  await page.click('#x')
  expect(await page.evaluate(() => (window as unknown as { seen: boolean }).seen)).toBe(false)
  expect(new URL(page.url()).hash).toBe('#there')
})

declare global {
  interface Window {
    opsmantik?: Tracker
  }
}
