// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { CallEvent } from '../contract/call-fields.js'
import type { SyncEvent } from '../contract/events.js'
import { createTracker, type Options, type Tracker } from '../index.js'

const siteId = '0123456789abcdef0123456789abcdef'
const proxyUrl = 'http://localhost:3000/ops'
const syncUrl = 'http://localhost:3000/sync'
const MARK = 'opsmantik-ignore'
const ignored = { status: 'dropped', eventId: '', reason: 'ignored' }
let calls: CallEvent[]
let views: SyncEvent[]
let status: number
let tracker: Tracker | undefined

/** Opens a page: the earlier page's tracker goes away, what is stored stays. */
const open = async (options: Partial<Options> = {}): Promise<Tracker> => {
  tracker?.destroy()
  tracker = createTracker({ siteId, proxyUrl, syncUrl, ...options })
  await new Promise((resolve) => setTimeout(resolve, 5))
  return tracker
}
const press = (): void => {
  document.body.innerHTML = '<a href="tel:+90500">x</a>'
  for (const type of ['pointerdown', 'click'])
    document
      .querySelector('a')!
      .dispatchEvent(new MouseEvent(type, { bubbles: true, composed: true, cancelable: true }))
}

beforeEach(() => {
  calls = []
  views = []
  status = 200
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const event = JSON.parse(init.body as string)
    if (url === syncUrl) views.push(event)
    else calls.push(event)
    return Response.json({ status: 'unmatched' }, { status })
  })
  // The page's own code cancels nothing, but the test's window must not follow the link.
  vi.spyOn(window, 'open').mockReturnValue(null)
  history.replaceState(null, '', '/')
})
afterEach(() => {
  tracker?.destroy()
  tracker = undefined
  vi.unstubAllGlobals()
  localStorage.clear()
  sessionStorage.clear()
  vi.restoreAllMocks()
  history.replaceState(null, '', '/')
})

test('after ignore(true) presses, intents and page views are dropped, on later pages too, until ignore(false)', async () => {
  const first = await open()
  expect(views).toHaveLength(1)
  first.ignore(true)
  expect(await first.intent('phone')).toEqual(ignored)
  press()
  first.page()
  const second = await open()
  expect(await second.intent('phone')).toEqual(ignored)
  press()
  history.pushState(null, '', '/next')
  expect([calls, views.length]).toEqual([[], 1])
  second.ignore(false)
  expect((await second.intent('phone')).status).toBe('delivered')
  expect([calls.length, views.length]).toEqual([1, 2])
  expect(localStorage.getItem(MARK)).toBeNull()
})

test('#opsmantik-ignore at the end of an address is the same, once; ignore(false) counts from then on', async () => {
  history.replaceState(null, '', '/#opsmantik-ignore')
  const first = await open()
  expect(await first.intent('phone')).toEqual(ignored)
  history.replaceState(null, '', '/later')
  const second = await open()
  expect(await second.intent('phone')).toEqual(ignored)
  history.replaceState(null, '', '/#opsmantik-ignore')
  const third = await open()
  third.ignore(false)
  third.flush()
  expect((await third.intent('phone')).status).toBe('delivered')
  expect(calls).toHaveLength(1)
})

test('a fragment that is typed into the address of an open page counts at once, another one does not', async () => {
  const page = await open()
  history.replaceState(null, '', '/#opsmantik-ignored')
  expect((await page.intent('phone')).status).toBe('delivered')
  history.replaceState(null, '', '/#opsmantik-ignore')
  expect(await page.intent('sms')).toEqual(ignored)
})

test('an event that was queued before is still sent', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0)
  status = 503
  const page = await open()
  expect((await page.intent('phone')).status).toBe('queued')
  page.ignore(true)
  const sent = calls.length
  status = 200
  await vi.waitUntil(() => calls.length > sent, { timeout: 5_000 })
  expect(new Set(calls.map(({ event_id }) => event_id)).size).toBe(1)
  expect(await page.intent('phone')).toEqual(ignored)
})

test('ignored presses are no drops that somebody has to hear of', async () => {
  const page = await open()
  page.ignore(true)
  await page.intent('phone')
  page.ignore(false)
  page.page()
  await vi.waitUntil(() => views.length > 1)
  for (const { meta } of views) expect(meta).not.toHaveProperty('drops')
})

test('it is stored without consent, and a withdrawal of consent leaves it', async () => {
  const page = await open({ consent: 'required' })
  page.ignore(true)
  expect(Object.keys(localStorage)).toEqual([MARK])
  page.consent(true)
  page.consent(false)
  expect(Object.keys(localStorage)).toEqual([MARK])
  expect(await (await open()).intent('phone')).toEqual(ignored)
})

test('storage that is blocked ignores for as long as the page', async () => {
  const page = await open()
  vi.stubGlobal('localStorage', undefined)
  page.ignore(true)
  expect(await page.intent('phone')).toEqual(ignored)
})

test('debug mode says so, for the page and for each press', async () => {
  const page = await open()
  page.ignore(true)
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  const debugged = await open({ debug: true })
  await debugged.intent('phone')
  expect(log.mock.calls).toEqual([
    ['[opsmantik]', 'proxy', proxyUrl],
    ['[opsmantik]', 'ignored'],
    ['[opsmantik]', ignored, ''],
  ])
})
