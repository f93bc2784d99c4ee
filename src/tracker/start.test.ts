// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { CallEvent } from '../contract/call-fields.js'
import type { SyncEvent } from '../contract/events.js'
import { UUID } from '../contract/identifiers.js'
import { createTracker, type Options, type Tracker } from '../index.js'

const siteId = '0123456789abcdef0123456789abcdef'
const proxyUrl = 'http://localhost:3000/ops'
const syncUrl = 'http://localhost:3000/sync'
const secret = 'a-secret-of-24-characters'
let calls: { event: CallEvent; headers: Record<string, string> }[]
let views: SyncEvent[]
let respond: (url: string) => Promise<Response>
let trackers: Tracker[] = []

const start = (options: Partial<Options> = {}): Tracker => {
  // Runs the part of the start that is left for a separate task immediately.
  const later: (() => void)[] = []
  const timeout = vi.spyOn(globalThis, 'setTimeout').mockImplementation(((then: () => void) => {
    later.push(then)
    return 0
  }) as never)
  const tracker = createTracker({ siteId, proxyUrl, ...options })
  timeout.mockRestore()
  for (const then of later) then()
  trackers.push(tracker)
  return tracker
}
const stored = () => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]
const settle = () => new Promise((resolve) => setTimeout(resolve, 20))

beforeEach(() => {
  calls = []
  views = []
  respond = async () => Response.json({ status: 'unmatched' })
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    const event = JSON.parse(init.body as string)
    if (url === syncUrl) views.push(event)
    else calls.push({ event, headers: init.headers as Record<string, string> })
    return respond(url)
  })
  history.replaceState(null, '', '/')
})
afterEach(() => {
  for (const tracker of trackers) tracker.destroy()
  trackers = []
  localStorage.clear()
  sessionStorage.clear()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  vi.useRealTimers()
  history.replaceState(null, '', '/')
})

const pageshow = (persisted: boolean) =>
  window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted }))

test('a load is a page view, as the contract has it', () => {
  start({ syncUrl })
  expect(views).toEqual([
    {
      s: siteId,
      u: location.href,
      sid: expect.stringMatching(UUID),
      sm: new Date().toISOString().slice(0, 8) + '01',
      ec: 'page',
      ea: 'view',
      r: document.referrer,
      meta: { fp: expect.stringMatching(UUID) },
      event_id: expect.stringMatching(UUID),
    },
  ])
})

test('page view and call carry the same fingerprint', async () => {
  await start({ syncUrl }).intent('phone')
  expect(calls[0]!.event.fingerprint).toBe(views[0]!.meta!.fp)
})

test('without a sync URL there is no page view, and in noop mode neither', () => {
  const { pushState } = history
  start()
  start({ syncUrl, proxyUrl: null })
  expect(views).toEqual([])
  expect(history.pushState).toBe(pushState)
})

test('pushState, replaceState and popstate are page views; the same address is one, its fragment aside', () => {
  start({ syncUrl })
  history.pushState(null, '', '/a')
  history.pushState(null, '', '/a')
  history.replaceState(null, '', '/a#there')
  history.replaceState(null, '', '/b')
  window.dispatchEvent(new Event('popstate'))
  expect(views.map(({ u }) => new URL(u).pathname)).toEqual(['/', '/a', '/b'])
  expect(views.map(({ sid }) => sid)).toEqual(Array(3).fill(views[0]!.sid))
  expect(new URL(views[2]!.r!).pathname).toBe('/a')
})

test('a return from the back/forward cache is a page view, an ordinary pageshow is not', () => {
  start({ syncUrl })
  pageshow(false)
  expect(views).toHaveLength(1)
  pageshow(true)
  expect(views).toHaveLength(2)
})

test('a prerendered page counts, and touches storage, when it is shown', () => {
  const prerendering = vi.fn(() => true)
  Object.defineProperty(Document.prototype, 'prerendering', {
    get: prerendering,
    configurable: true,
  })
  start({ syncUrl })
  pageshow(false)
  expect([views, stored()]).toEqual([[], []])
  prerendering.mockReturnValue(false)
  document.dispatchEvent(new Event('prerenderingchange'))
  expect(views).toHaveLength(1)
  Reflect.deleteProperty(Document.prototype, 'prerendering')
})

test('page() counts by the page’s own word', () => {
  const tracker = start({ syncUrl })
  tracker.page()
  expect(views).toHaveLength(2)
})

test('a page view that fails takes no event’s place', async () => {
  respond = () => Promise.reject(new TypeError('Failed to fetch'))
  start({ syncUrl })
  await settle()
  expect(Object.values({ ...localStorage }).filter((text) => /event_id/.test(text))).toEqual([])
})

test('it does not listen for unload or beforeunload, which would cost the page its place in the cache', () => {
  const listen = vi.spyOn(window, 'addEventListener')
  start({ syncUrl })
  expect(listen.mock.calls.map(([type]) => type)).not.toContain('unload')
  expect(listen.mock.calls.map(([type]) => type)).not.toContain('beforeunload')
  expect(listen).toHaveBeenCalled()
})

test('drops are told on the next page view, by reason, until one has arrived', async () => {
  respond = async (url) =>
    url === syncUrl
      ? new Response('', { status: 503 })
      : Response.json({ error: 'x', code: 'INVALID_BODY' }, { status: 400 })
  const tracker = start({ syncUrl })
  expect(await tracker.intent('a')).toMatchObject({ status: 'dropped', reason: 'INVALID_BODY' })
  await tracker.intent('b')
  await tracker.intent(Symbol('x') as unknown as string)
  tracker.page()
  await settle()
  respond = async () => Response.json({ ok: true })
  tracker.page()
  await settle()
  tracker.page()
  const drops = { INVALID_BODY: 2, invalid: 1 }
  expect(views.map(({ meta }) => meta!['drops'])).toEqual([undefined, drops, drops, undefined])
  for (const { event } of calls) expect(event).not.toHaveProperty('drops')
})

test('before consent nothing is stored or sent; with it, what was pressed is', async () => {
  const tracker = start({ consent: 'required', syncUrl })
  history.pushState(null, '', '/?gclid=g')
  const outcome = await tracker.intent('phone', '+90500')
  expect(outcome).toMatchObject({
    status: 'queued',
    reason: 'consent',
    eventId: expect.any(String),
  })
  tracker.flush()
  tracker.page()
  await settle()
  expect([calls, views, stored()]).toEqual([[], [], []])
  tracker.consent(true)
  await vi.waitUntil(() => calls.length === 1)
  expect(calls[0]!.event).toMatchObject({ event_id: outcome.eventId, gclid: 'g' })
  expect(views).toHaveLength(1)
  expect(stored()).toContain(`opsmantik:${siteId}:ad`)
  expect((await tracker.intent('sms')).status).toBe('delivered')
})

test('withdrawal removes everything that was stored, in both storages, and stops', async () => {
  respond = () => Promise.reject(new TypeError('Failed to fetch'))
  localStorage.setItem('theirs', '1')
  history.replaceState(null, '', '/?gclid=g')
  const tracker = start({ syncUrl })
  await tracker.intent('phone')
  expect(stored().length).toBeGreaterThan(3)
  tracker.consent(false)
  expect(stored()).toEqual(['theirs'])
  const sent = calls.length + views.length
  expect(await tracker.intent('phone')).toMatchObject({ status: 'queued', reason: 'consent' })
  tracker.page()
  tracker.flush()
  await settle()
  expect(calls.length + views.length).toBe(sent)
  expect(stored()).toEqual(['theirs'])
})

test('under Global Privacy Control an event has no ad click id and an id that ends with the tab', async () => {
  vi.stubGlobal('navigator', { globalPrivacyControl: true })
  history.replaceState(null, '', '/shop?gclid=g&wbraid=w')
  await start({ syncUrl }).intent('phone', 'x', { click_id: 'c', value: 1 })
  const { event } = calls[0]!
  expect(JSON.stringify([event, views])).not.toMatch(/gclid|wbraid|click_id/)
  expect(event).toMatchObject({ value: 1, intent_page_url: location.origin + '/shop' })
  await vi.waitUntil(() => localStorage.length === 0)
  expect(sessionStorage.getItem(`opsmantik:${siteId}:fp`)).toContain(event.fingerprint)
})

test('the site may choose to ignore Global Privacy Control', async () => {
  vi.stubGlobal('navigator', { globalPrivacyControl: true })
  history.replaceState(null, '', '/?gclid=g')
  await start({ gpc: 'ignore' }).intent('phone')
  expect(calls[0]!.event).toMatchObject({ gclid: 'g' })
})

test('a wrong clock is learned once a session: the next page signs right at once', async () => {
  const serverTs = Math.floor(Date.now() / 1000) + 3_600
  respond = async () =>
    Math.abs(+calls.at(-1)!.headers['X-Ops-Ts']! - serverTs) < 60
      ? Response.json({ status: 'unmatched' })
      : Response.json(
          { error: 'x', code: 'SIGNATURE_TIMESTAMP_INVALID', server_ts: serverTs },
          { status: 401 },
        )
  const options = { proxyUrl: null, secret, consoleUrl: 'https://console.example' }
  const first = start(options)
  expect((await first.intent('phone')).status).toBe('delivered')
  first.destroy()
  expect((await start(options).intent('phone')).status).toBe('delivered')
  expect(calls).toHaveLength(3)
})

test('a signature that fails queues the event, and neither it nor the next is held up', async () => {
  const { crypto } = globalThis
  const importKey = vi.fn(() => Promise.reject(new Error('no')))
  vi.stubGlobal('crypto', {
    getRandomValues: crypto.getRandomValues.bind(crypto),
    subtle: { importKey },
  })
  vi.spyOn(Math, 'random').mockReturnValue(0)
  const tracker = start({ proxyUrl: null, secret, consoleUrl: 'https://console.example' })
  expect(await tracker.intent('phone')).toMatchObject({ status: 'queued', reason: '0' })
  // The queue has tried it, and failed, too.
  await vi.waitUntil(() => importKey.mock.calls.length > 1, { timeout: 5_000 })
  vi.stubGlobal('crypto', crypto)
  expect((await tracker.intent('sms')).status).toBe('delivered')
  await vi.waitUntil(() => calls.length === 2, { timeout: 5_000 })
})

test('a signature that fails between pointer-down and click is no error of the page', async () => {
  const { crypto } = globalThis
  vi.stubGlobal('crypto', {
    getRandomValues: crypto.getRandomValues.bind(crypto),
    subtle: { importKey: () => Promise.reject(new Error('no')) },
  })
  const unhandled = vi.fn()
  process.on('unhandledRejection', unhandled)
  start({ proxyUrl: null, secret, consoleUrl: 'https://console.example' })
  document.body.innerHTML = '<a href="tel:+90500">x</a>'
  document
    .querySelector('a')!
    .dispatchEvent(new MouseEvent('pointerdown', { bubbles: true, composed: true }))
  await settle()
  process.off('unhandledRejection', unhandled)
  expect(unhandled).not.toHaveBeenCalled()
})

test('several trackers on one page keep to themselves', async () => {
  const other = 'f'.repeat(32)
  await start().intent('phone')
  await start({ siteId: other }).intent('phone')
  expect(calls.map(({ event }) => event.site_id)).toEqual([siteId, other])
  expect(calls[0]!.event.fingerprint).not.toBe(calls[1]!.event.fingerprint)
  trackers[0]!.consent(false)
  await vi.waitUntil(() => stored().length === 1)
  expect(stored()).toEqual([`opsmantik:${other}:fp`])
})

test('destroy leaves no listener, no timer and the history as it was', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const signals: AbortSignal[] = []
  const listen = window.addEventListener.bind(window)
  vi.spyOn(window, 'addEventListener').mockImplementation(
    (type: string, listener: unknown, options?: unknown) => {
      signals.push((options as AddEventListenerOptions).signal!)
      listen(type, listener as EventListener, options as AddEventListenerOptions)
    },
  )
  const { pushState, replaceState } = history
  respond = () => Promise.reject(new TypeError('Failed to fetch'))
  const tracker = start({ syncUrl, proxyUrl: null, secret, consoleUrl: 'https://console.example' })
  await tracker.intent('phone')
  expect(vi.getTimerCount()).toBeGreaterThan(0)
  tracker.destroy()
  // The remaining timers free connections that are already free, and send nothing.
  await vi.advanceTimersByTimeAsync(11_000)
  expect(vi.getTimerCount()).toBe(0)
  expect(signals.length).toBeGreaterThan(5)
  expect(signals.every((signal) => signal?.aborted)).toBe(true)
  expect([history.pushState, history.replaceState]).toEqual([pushState, replaceState])
  const sent = calls.length + views.length
  expect(await tracker.intent('phone')).toEqual({
    status: 'dropped',
    eventId: '',
    reason: 'destroyed',
  })
  tracker.page()
  tracker.consent(true)
  tracker.flush()
  expect(calls.length + views.length).toBe(sent)
})

test('destroy leaves a wrapper alone that somebody else put around ours', () => {
  const { pushState } = history
  const tracker = start({ syncUrl })
  const ours = history.pushState
  const theirs: typeof ours = (...change) => ours.apply(history, change)
  history.pushState = theirs
  tracker.destroy()
  expect(history.pushState).toBe(theirs)
  history.pushState(null, '', '/later')
  expect(location.pathname).toBe('/later')
  expect(views).toHaveLength(1)
  history.pushState = pushState
})

test('debug explains the mode, each event, each field that it omits and each outcome, in a line each', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  history.replaceState(null, '', '/?gclid=a%00b')
  const tracker = start({ debug: true })
  await tracker.intent('phone', 'x', { value: '120 TL', click_id: '' })
  start({ debug: true, proxyUrl: '' })
  const omitted = 'omitted, see docs/it-does-not-work.md'
  expect(log.mock.calls).toEqual([
    ['[opsmantik]', 'proxy', proxyUrl],
    ['[opsmantik]', 'gclid', 'a\0b', omitted],
    ['[opsmantik]', 'gclid', 'a\0b', omitted],
    ['[opsmantik]', 'click_id', '', omitted],
    ['[opsmantik]', 'value', '120 TL', omitted],
    ['[opsmantik]', JSON.stringify(calls[0]!.event)],
    [
      '[opsmantik]',
      { status: 'delivered', eventId: calls[0]!.event.event_id, reason: undefined },
      '',
    ],
    ['[opsmantik]', 'noop', 'proxy-url'],
  ])
})
