import { readFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { launchBrowser } from '../support/browser.js'
import { codeOf } from '../support/code-of.js'
import { servePage, type PageServer } from '../support/page-server.js'

const core = readFileSync(new URL('../../dist/core.proxy.js', import.meta.url))

/**
 * Puts the HTML of a tag into the page as Google Tag Manager does: each script becomes a new element, which gets the
 * text or the address and none of the `data-*` attributes.
 */
const MANAGER = `
  const inject = (html) => {
    const parsed = document.createElement('div')
    parsed.innerHTML = html
    for (const old of parsed.querySelectorAll('script')) {
      const script = document.createElement('script')
      script.async = false
      script.type = 'text/javascript'
      if (old.src) script.src = old.src
      else script.text = old.text
      document.body.insertBefore(script, null)
    }
  }`

let browser: Browser
let server: PageServer
let tag = ''
let arrived: string[] = []

beforeAll(async () => {
  browser = await launchBrowser()
  server = await servePage((request, response) => {
    if (request.url === '/assets/core.proxy.js')
      return response.setHeader('Content-Type', 'text/javascript').end(core)
    if (request.method !== 'POST')
      return response
        .setHeader('Content-Type', 'text/html')
        .end(
          `<!doctype html><title>t</title><a href="tel:+905000000000">call</a><script>${MANAGER}; inject(${JSON.stringify(tag).replaceAll('<', '\\u003c')})</script>`,
        )
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    return request.on('end', () => {
      arrived.push(JSON.parse(body).intent_target)
      response.setHeader('Content-Type', 'application/json').end('{"status":"unmatched"}')
    })
  })
})
afterAll(async () => {
  await browser?.close()
  server?.close()
})
beforeEach(() => {
  arrived = []
})

test('the tag of the page works in a tag manager as it is', async () => {
  tag = codeOf('google-tag-manager.md', 'Google Tag Manager', 'html').replace(
    'https://console.example.com',
    server.origin,
  )
  const page = await browser.newPage()
  await page.goto(server.origin)
  await page.waitForFunction(() => window.opsmantik?.mode === 'proxy')
  const answered = page.waitForResponse('**/ops/call-event')
  await page.click('a')
  await (await answered).finished()
  expect(arrived).toEqual(['+905000000000'])
  await page.close()
})

test('a script tag pasted as it is loses its attributes there, and nothing is sent', async () => {
  tag = `<script src="/assets/core.proxy.js" data-ops-site-id="0123456789abcdef0123456789abcdef" data-ops-proxy-url="/ops/call-event"></script>`
  const page = await browser.newPage()
  await page.goto(server.origin, { waitUntil: 'networkidle' })
  await page.click('a')
  await page.waitForLoadState('networkidle')
  expect(await page.evaluate(() => window.opsmantik?.mode)).toBeUndefined()
  expect(arrived).toEqual([])
  await page.close()
})
