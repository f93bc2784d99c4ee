// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { CallEvent } from '../contract/call-fields.js'
import { createTracker } from './create.js'
import type { Tracker } from './tracker.js'

/** The signatures that a test has asked for: WebCrypto works in another thread, for as long as it likes. */
const signatures = vi.hoisted((): Promise<unknown>[] => [])
vi.mock('./sign.js', async (original) => {
  const { sign } = await original<typeof import('./sign.js')>()
  return {
    sign: (...words: Parameters<typeof sign>) => {
      const signature = sign(...words)
      signatures.push(signature)
      return signature
    },
  }
})

const siteId = '0123456789abcdef0123456789abcdef'
const proxyUrl = 'http://localhost:3000/ops'
let requests: { url: string; event: CallEvent; init: RequestInit }[]
let respond: () => Promise<Response>
let trackers: Tracker[] = []

const start = (options: Partial<Parameters<typeof createTracker>[0]> = {}): Tracker => {
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

beforeEach(() => {
  requests = []
  signatures.length = 0
  respond = async () => Response.json({ status: 'unmatched' })
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    requests.push({ url, event: JSON.parse(init.body as string), init })
    return respond()
  })
})
afterEach(() => {
  for (const tracker of trackers) tracker.destroy()
  trackers = []
  localStorage.clear()
  sessionStorage.clear()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  document.body.innerHTML = ''
})

const pressLink = (href: string) => {
  document.body.innerHTML = `<a href="${href}">x</a>`
  const cancel = (event: Event) => event.preventDefault()
  document.addEventListener('click', cancel)
  document.querySelector('a')!.click()
  document.removeEventListener('click', cancel)
}

test('a press is sent to the proxy, unsigned, in the press’s own task', () => {
  start()
  pressLink('tel:+905000000000')
  expect(requests).toHaveLength(1)
  expect(requests[0]).toMatchObject({
    url: proxyUrl,
    init: { method: 'POST', keepalive: true, headers: {} },
    event: { site_id: siteId, intent_action: 'phone', intent_target: '+905000000000' },
  })
})

test('a secret beside a proxy URL signs nothing', () => {
  start({ secret: 'a-secret-of-24-characters', consoleUrl: 'https://console.example' })
  pressLink('tel:+905000000000')
  expect(requests[0]!.init.headers).toEqual({})
})

test('two presses on the same target within two seconds are one intent', () => {
  start()
  pressLink('tel:+905000000000')
  pressLink('tel:+905000000000')
  pressLink('tel:+905000000001')
  pressLink('tel:+905000000000')
  expect(requests.map(({ event }) => event.intent_target)).toEqual([
    '+905000000000',
    '+905000000001',
  ])
})

test('intent() by the page’s own word tells what became of it', async () => {
  const tracker = start()
  const outcome = await tracker.intent('booking', 'room-7', { value: 120 })
  expect(outcome).toEqual({ status: 'delivered', eventId: requests[0]!.event.event_id })
  expect(requests[0]!.event).toMatchObject({ intent_action: 'booking', value: 120 })
})

test('every event has the same fingerprint and an id of its own', async () => {
  const tracker = start()
  await tracker.intent('a')
  await tracker.intent('a')
  const [one, two] = requests
  expect(one!.event.fingerprint).toBe(two!.event.fingerprint)
  expect(one!.event.event_id).not.toBe(two!.event.event_id)
})

test('signed mode posts to the console with the three headers', async () => {
  const tracker = start({
    proxyUrl: undefined,
    secret: 'a-secret-of-24-characters',
    consoleUrl: 'https://console.example/',
  })
  expect(tracker.mode).toBe('signed')
  await tracker.intent('phone', '+90500')
  expect(requests[0]).toMatchObject({
    url: 'https://console.example/api/call-event',
    init: {
      headers: {
        'X-Ops-Site-Id': siteId,
        'X-Ops-Ts': expect.stringMatching(/^\d{10}$/),
        'X-Ops-Signature': expect.stringMatching(/^[\da-f]{64}$/),
      },
    },
  })
})

const signed = {
  proxyUrl: undefined,
  secret: 'a-secret-of-24-characters',
  consoleUrl: 'https://console.example',
}
const pointerDown = (href: string): HTMLAnchorElement => {
  document.body.innerHTML = `<a href="${href}">x</a>`
  const link = document.querySelector('a')!
  link.dispatchEvent(new MouseEvent('pointerdown', { bubbles: true, composed: true }))
  return link
}
const click = (link: HTMLAnchorElement) => {
  const cancel = (event: Event) => event.preventDefault()
  document.addEventListener('click', cancel)
  link.click()
  document.removeEventListener('click', cancel)
}
/** Stops the clock, so that a slow machine does not make what was prepared too old. */
const stopClock = (now = Date.now()) => vi.spyOn(Date, 'now').mockReturnValue(now)

test('what was signed at pointer-down is sent in the click’s own task', async () => {
  stopClock()
  start(signed)
  const link = pointerDown('tel:+905000000000')
  expect(requests).toEqual([])
  await Promise.all(signatures)
  click(link)
  // A microtask is part of the press's own task.
  await Promise.resolve()
  expect(requests).toHaveLength(1)
  expect(requests[0]!.init.headers).toHaveProperty('X-Ops-Signature')
})

test('a click that comes before the signature, or without a pointer, is signed and sent all the same', async () => {
  start(signed)
  click(pointerDown('tel:+905000000000'))
  document.body.innerHTML = '<a href="tel:+905000000001">x</a>'
  click(document.querySelector('a')!)
  expect(signatures).toHaveLength(2)
  await Promise.all(signatures)
  await Promise.resolve()
  expect(requests).toHaveLength(2)
  for (const { init } of requests) expect(init.headers).toHaveProperty('X-Ops-Signature')
})

test('a pointer-down that no click followed leaves nothing to the next press', async () => {
  start(signed)
  const now = Date.now()
  stopClock(1_000)
  pointerDown('tel:+905000000000')
  await Promise.all(signatures)
  stopClock(now)
  const link = pointerDown('tel:+905000000000')
  await Promise.all(signatures)
  click(link)
  await Promise.resolve()
  expect(requests[0]!.event.intent_stamp).not.toMatch(/^1000-/)
})

test('noop mode sends nothing, stores nothing, and says why', async () => {
  const tracker = start({ proxyUrl: undefined })
  pressLink('tel:+905000000000')
  expect(tracker.mode).toBe('noop')
  expect(await tracker.intent('phone')).toEqual({
    status: 'dropped',
    eventId: '',
    reason: 'secret',
  })
  expect(requests).toEqual([])
  expect(localStorage.length + sessionStorage.length).toBe(0)
})

test('what a page throws at it comes back as dropped, not as an exception', async () => {
  const tracker = start()
  expect(await tracker.intent(Symbol('x') as unknown as string)).toMatchObject({
    status: 'dropped',
  })
  for (const options of [{}, { siteId, secret: 7 }, { siteId: null }, { siteId, proxyUrl: {} }])
    expect(() => createTracker(options as never).destroy()).not.toThrow()
})

test('a fetch that rejects queues the event', async () => {
  respond = () => Promise.reject(new TypeError('Failed to fetch'))
  expect(await start().intent('phone')).toMatchObject({ status: 'queued', reason: '0' })
  expect(Object.values({ ...localStorage }).filter((text) => /event_id/.test(text))).toHaveLength(1)
})

test('an answer that a redirect brought is no answer', async () => {
  respond = async () => Object.defineProperty(Response.json({}), 'redirected', { value: true })
  expect(await start().intent('phone')).toMatchObject({ status: 'queued' })
})

test('the same options twice are one tracker, until it is destroyed', () => {
  const one = start()
  expect(start()).toBe(one)
  one.destroy()
  expect(start()).not.toBe(one)
  pressLink('tel:+905000000000')
  expect(requests).toHaveLength(1)
})

test('after destroy a press is nobody’s', () => {
  start().destroy()
  pressLink('tel:+905000000000')
  expect(requests).toEqual([])
})

test('it says nothing in the console, unless asked to', async () => {
  const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation(() => {}),
  )
  await start().intent('phone', 'x')
  for (const spy of spies) expect(spy).not.toHaveBeenCalled()
  await start({ debug: true }).intent('phone', 'x')
  expect(spies[0]!.mock.calls.length).toBeGreaterThan(1)
})

test('in a page that is none it does not throw, and nothing is counted', async () => {
  vi.stubGlobal('addEventListener', () => {
    throw new TypeError('parameter 3 has member "signal" that is not an AbortSignal')
  })
  const tracker = createTracker({ siteId, proxyUrl })
  expect(tracker.mode).toBe('noop')
  expect(await tracker.intent('phone')).toMatchObject({ status: 'dropped' })
  expect(requests).toEqual([])
})
