import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import type { Browser, Page } from 'playwright-core'
import { rollup } from 'rollup'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { createTracker } from '../../../src/index.js'
import type { opsmantik } from '../../../testing/src/msw/index.js'
import { launchBrowser } from '../../support/browser.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const msw = fileURLToPath(new URL('..', import.meta.resolve('msw/browser')))

const PAGE = `<!doctype html><title>t</title><a id="phone" href="tel:+905000000000">call</a>
<script src="/msw.js"></script>
<script type="importmap">{"imports":{
  "msw": "/names.js",
  "@hono/zod-openapi": "/zod.js",
  "@opsmantik/tracker/contract": "/dist/contract.js",
  "@opsmantik/tracker/proxy": "/dist/proxy.js",
  "@opsmantik/reference-server/memory": "/server-reference/dist/memory.js"
}}</script>
<script type="module">
  import { createTracker } from '/dist/index.js'
  import { opsmantik } from '/testing/dist/msw.js'
  const kit = opsmantik()
  const worker = MockServiceWorker.setupWorker(...kit.handlers)
  await worker.start({ onUnhandledRequest: 'bypass', quiet: true })
  document.addEventListener('click', (event) => event.preventDefault())
  Object.assign(window, { kit, createTracker, ready: true })
</script>`

/** The one package from npm that the server's core loads, as a bundler would put it into a page. */
const bundleZod = async (): Promise<string> => {
  const build = await rollup({
    input: fileURLToPath(import.meta.resolve('@hono/zod-openapi')),
    plugins: [nodeResolve({ browser: true })],
    onwarn: () => {},
  })
  const { output } = await build.generate({ format: 'es' })
  return output[0].code
}

const FILES: Record<string, string> = {
  '/msw.js': msw + 'iife/index.js',
  '/mockServiceWorker.js': msw + 'mockServiceWorker.js',
}

/** The values that the page puts on its window. */
interface Shown {
  kit: ReturnType<typeof opsmantik>
  createTracker: typeof createTracker
}
declare const window: Shown

let server: Server
let browser: Browser
let page: Page
const reached: string[] = []
const complaints: string[] = []

beforeAll(async () => {
  const scripts: Record<string, string> = {
    '/names.js': 'export const { http, HttpResponse } = MockServiceWorker',
    '/zod.js': await bundleZod(),
  }
  server = createServer((request, response) => {
    const path = request.url ?? '/'
    const file = FILES[path] ?? (/^(\/[\w-]+)?\/dist\//.test(path) ? root + path : undefined)
    const isScript = file !== undefined && existsSync(file)
    const script = scripts[path]
    if (!isScript && script === undefined) reached.push(`${request.method} ${path}`)
    response.setHeader(
      'Content-Type',
      isScript || script !== undefined ? 'text/javascript' : 'text/html',
    )
    return response.end(isScript ? readFileSync(file) : (script ?? PAGE))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  browser = await launchBrowser()
  page = await browser.newPage()
  page.on('pageerror', ({ message }) => complaints.push(message))
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  await page.waitForFunction('window.ready')
})
afterAll(async () => {
  await browser?.close()
  server.closeAllConnections()
  server.close()
})

test('in a browser’s worker a press reaches the proxy on the page’s own origin', async () => {
  const call = await page.evaluate(async () => {
    const { kit, createTracker } = window
    const { siteId, proxyUrl } = kit
    const tracker = createTracker({ siteId, proxyUrl })
    document.querySelector<HTMLElement>('#phone')!.click()
    const arrived = await kit.waitForCall()
    tracker.destroy()
    kit.reset()
    return arrived
  })
  expect(call).toMatchObject({
    intent_action: 'phone',
    intent_target: '+905000000000',
    endpoint: '/api/call-event/v2',
  })
})

test('and a signed one the console on another origin: a clock corrected, an outage passed', async () => {
  const [outcome, refused, received] = await page.evaluate(async () => {
    const { kit, createTracker } = window
    const { siteId, secret, consoleUrl } = kit
    const tracker = createTracker({ siteId, secret, consoleUrl })
    kit.clock(-3_600)
    kit.down({ times: 1 })
    const first = await tracker.intent('sms', '+90')
    await kit.waitForCall({ intent_action: 'sms' })
    const seen = [first, kit.refused(), kit.calls()] as const
    tracker.destroy()
    kit.reset()
    return seen
  })
  expect(outcome).toMatchObject({ status: 'queued', reason: '503' })
  expect(refused.map(({ code }) => code)).toEqual([
    'SIGNATURE_TIMESTAMP_INVALID',
    'SIGNATURE_VERIFIER_UNAVAILABLE',
  ])
  expect(received).toMatchObject([{ endpoint: '/api/call-event' }])
})

test('an origin that was forgotten looks like an outage, as it does without a worker', async () => {
  const [outcome, refused, origin] = await page.evaluate(async () => {
    const { kit, createTracker } = window
    const { siteId, secret, consoleUrl } = kit
    const tracker = createTracker({ siteId, secret, consoleUrl })
    kit.originBlocked()
    const seen = [await tracker.intent('sms', '+91'), kit.refused(), location.origin] as const
    tracker.destroy()
    kit.reset()
    return seen
  })
  expect(outcome).toMatchObject({ status: 'queued', reason: '0' })
  expect(refused).toMatchObject([{ code: 'ORIGIN_NOT_ALLOWED', origin }])
})

test('what is not the kit’s goes to the network, and nothing of the kit’s does', async () => {
  await page.evaluate(() => fetch('/api/call-event', { method: 'POST', body: '{}' }))
  expect(reached.filter((line) => line.startsWith('POST'))).toEqual(['POST /api/call-event'])
  expect(complaints).toEqual([])
})
