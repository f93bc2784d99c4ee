// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { CallEvent } from '../contract/call-fields.js'
import type { Options } from './options.js'
import type { Tracker } from './tracker.js'

const siteId = '0123456789abcdef0123456789abcdef'
const proxyUrl = 'http://localhost:3000/ops'
const syncUrl = 'http://localhost:3000/sync'
const secret = 'a-secret-of-24-characters'
const consoleUrl = 'https://console.example'
let tracker: Tracker | undefined
let requests: { url: string; body: string; headers: Record<string, string> }[]
let respond: () => Response

/** Starts a tracker of the build, as its script tag has it, in a new page. */
const start = async (build: string, options: Partial<Options> = {}): Promise<Tracker> => {
  tracker?.destroy()
  vi.resetModules()
  vi.doMock('../contract/build.js', () =>
    build === 'core.js'
      ? vi.importActual('../contract/build.js')
      : vi.importActual('../contract/build.proxy.js'),
  )
  const { createTracker } = await import('./create.js')
  tracker = createTracker({ siteId, proxyUrl, ...options })
  await new Promise((resolve) => setTimeout(resolve, 5))
  return tracker
}
const calls = () =>
  requests.filter(({ url }) => url !== syncUrl).map(({ body }) => JSON.parse(body) as CallEvent)

beforeEach(() => {
  requests = []
  respond = () => Response.json({ status: 'unmatched' })
  vi.stubGlobal('fetch', async (url: string, { body, headers }: RequestInit) => {
    requests.push({ url, body: body as string, headers: headers as Record<string, string> })
    return respond()
  })
  vi.spyOn(Math, 'random').mockReturnValue(0)
  history.replaceState(null, '', '/')
})
afterEach(() => {
  tracker?.destroy()
  tracker = undefined
  localStorage.clear()
  sessionStorage.clear()
  vi.doUnmock('../contract/build.js')
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

describe.each(['core.js', 'core.proxy.js'])('dist/%s', (build) => {
  test('sends an intent to the proxy, unsigned, and forgets it once it is recorded', async () => {
    const page = await start(build)
    expect(page.mode).toBe('proxy')
    expect((await page.intent('phone', '+90500')).status).toBe('delivered')
    expect(calls()).toMatchObject([{ intent_target: '+90500', site_id: siteId }])
    expect(requests[0]).toMatchObject({ url: proxyUrl, headers: {} })
    await vi.waitUntil(() => Object.keys(localStorage).every((key) => key.endsWith(':fp')), {
      timeout: 10_000,
    })
  })

  test('tries an event again that the server could not take, with the same body', async () => {
    respond = () => new Response('', { status: 503 })
    const page = await start(build)
    expect(await page.intent('phone')).toMatchObject({ status: 'queued', reason: '503' })
    respond = () => Response.json({ status: 'unmatched' })
    await vi.waitUntil(() => requests.length > 1, { timeout: 10_000 })
    expect(new Set(requests.map(({ body }) => body)).size).toBe(1)
  })

  test.each([
    [401, 'SIGNATURE_INVALID', 'queued'],
    [403, 'ORIGIN_NOT_ALLOWED', 'queued'],
    [404, 'NOT_FOUND', 'queued'],
    [400, 'INVALID_SITE_ID', 'queued'],
    [400, 'INVALID_BODY', 'dropped'],
    [413, 'PAYLOAD_TOO_LARGE', 'dropped'],
  ])('%i %s: %s', async (status, code, outcome) => {
    respond = () => Response.json({ error: 'x', code }, { status })
    const page = await start(build)
    expect(await page.intent('phone')).toMatchObject({ status: outcome, reason: code })
  })

  test('answers noop as a duplicate', async () => {
    respond = () => Response.json({ status: 'noop' })
    expect((await (await start(build)).intent('phone')).status).toBe('duplicate')
  })

  test('keeps events in memory until consent, and sends them then', async () => {
    const page = await start(build, { consent: 'required' })
    expect(await page.intent('phone')).toMatchObject({ status: 'queued', reason: 'consent' })
    expect([requests, localStorage.length]).toEqual([[], 0])
    page.consent(true)
    await vi.waitUntil(() => calls().length === 1, { timeout: 10_000 })
  })

  test('drops what the device’s own person presses', async () => {
    const page = await start(build)
    page.ignore(true)
    expect(await page.intent('phone')).toMatchObject({ status: 'dropped', reason: 'ignored' })
    expect(calls()).toEqual([])
  })

  test('omits a value that is not a number and an id that does not fit', async () => {
    const page = await start(build)
    await page.intent('phone', 'x', { value: '120 TL', click_id: 'x'.repeat(300) })
    expect(calls()[0]).not.toHaveProperty('value')
    expect(calls()[0]).not.toHaveProperty('click_id')
  })
})

const late = () =>
  Response.json(
    { error: 'x', code: 'SIGNATURE_TIMESTAMP_INVALID', server_ts: Date.now() / 1000 + 3_600 },
    { status: 401 },
  )

test('dist/core.js signs, corrects its clock at once, and sends page views', async () => {
  respond = late
  const page = await start('core.js', { proxyUrl: null, secret, consoleUrl, syncUrl })
  expect(page.mode).toBe('signed')
  await page.intent('phone')
  const signed = requests.filter(({ url }) => url !== syncUrl)
  expect(signed.length).toBeGreaterThan(1)
  expect(signed[0]!.headers).toHaveProperty('X-Ops-Signature')
  expect(requests.length).toBeGreaterThan(signed.length)
})

test('dist/core.proxy.js does not sign, even if it is given a secret, and sends no page view', async () => {
  const { pushState } = history
  const page = await start('core.proxy.js', { proxyUrl: null, secret, consoleUrl, syncUrl })
  expect(page.mode).toBe('noop')
  expect(await page.intent('phone')).toMatchObject({ status: 'dropped', reason: 'proxy-url' })
  await start('core.proxy.js', { syncUrl })
  history.pushState(null, '', '/next')
  expect([requests, history.pushState]).toEqual([[], pushState])
})

test('dist/core.proxy.js leaves a wrong clock to the proxy: the refusal is one of the configuration', async () => {
  respond = late
  const page = await start('core.proxy.js')
  expect((await page.intent('phone')).status).toBe('queued')
  expect(requests).toHaveLength(1)
})
