import { http, HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { createTracker, type Options, type Tracker } from '../../src/index.js'
import { opsmantik } from '../../testing/src/msw/index.js'

const kit = opsmantik({ syncUrl: '/ops/sync' })
const elsewhere = http.all('https://elsewhere.example/', () =>
  HttpResponse.text('not ours', { headers: { 'Access-Control-Allow-Origin': '*' } }),
)
const server = setupServer(...kit.handlers, elsewhere)
const { siteId, secret, consoleUrl, proxyUrl } = kit

let trackers: Tracker[] = []
const start = (options: Omit<Options, 'siteId'>): Tracker => {
  const tracker = createTracker({ siteId, ...options })
  trackers.push(tracker)
  return tracker
}

const press = (href: string): void => {
  document.body.innerHTML = `<a href="${href}">call us</a>`
  const stay = (event: Event): void => event.preventDefault()
  document.addEventListener('click', stay)
  document.querySelector('a')!.click()
  document.removeEventListener('click', stay)
}

/** Tests what a page sees in both ways of sending, with the real tracker in the document of the test file. */
export const trackerSuite = (): void => {
  beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
  afterAll(() => server.close())
  afterEach(() => {
    vi.useRealTimers()
    for (const tracker of trackers) tracker.destroy()
    trackers = []
    localStorage.clear()
    sessionStorage.clear()
    server.resetHandlers()
    kit.reset()
  })

  describe.each([
    ['proxy', { proxyUrl }, '/api/call-event/v2'],
    ['signed', { secret, consoleUrl }, '/api/call-event'],
  ] as const)('in %s mode', (mode, options, endpoint) => {
    test('a press arrives as a typed call', async () => {
      expect(start(options).mode).toBe(mode)
      press('tel:+90 500 000 00 00')
      const call = await kit.waitForCall({ intent_action: 'phone' })
      expect(call).toMatchObject({
        site_id: siteId,
        intent_target: '+905000000000',
        endpoint,
        session_id: null,
      })
      expect(kit.calls()).toEqual([call])
      expect(kit.refused()).toEqual([])
    })

    test('delivered once, a second press elsewhere is a second call, newest last', async () => {
      start(options)
      press('tel:+905000000000')
      await kit.waitForCall()
      press('https://wa.me/905000000000')
      expect(await kit.waitForCall()).toMatchObject({ intent_action: 'whatsapp' })
      expect(kit.calls().map((call) => call.intent_action)).toEqual(['phone', 'whatsapp'])
    })

    test('offline: the event is queued with reason 0, and delivered once the network is back', async () => {
      const tracker = start(options)
      kit.offline()
      expect(await tracker.intent('phone', '+90')).toMatchObject({ status: 'queued', reason: '0' })
      expect(kit.calls()).toEqual([])
      kit.reset()
      expect(await kit.waitForCall()).toMatchObject({ intent_target: '+90' })
    })

    test('down: the event is queued with 503, and delivered when the database is back', async () => {
      const tracker = start(options)
      kit.down({ times: 1 })
      const outcome = await tracker.intent('phone', '+90')
      expect(outcome).toMatchObject({ status: 'queued', reason: '503' })
      expect(kit.refused()).toMatchObject([
        { status: 503, code: 'SIGNATURE_VERIFIER_UNAVAILABLE', hint: 'down() asked for it.' },
      ])
      expect(await kit.waitForCall()).toMatchObject({ event_id: outcome.eventId })
    })

    test('rate limited: with fake timers the retry comes when the test’s clock reaches Retry-After', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
      const tracker = start(options)
      kit.rateLimited({ retryAfter: 3_600, times: 1 })
      expect(await tracker.intent('phone', '+90')).toMatchObject({
        status: 'queued',
        reason: '429',
      })
      expect(kit.refused()).toMatchObject([{ code: 'RATE_LIMITED' }])
      await vi.advanceTimersByTimeAsync(3_500_000)
      expect(kit.calls()).toEqual([])
      await vi.advanceTimersByTimeAsync(101_000)
      await kit.waitForCall()
    })

    test('rate limited once and then down once: the event passes both and arrives', async () => {
      const tracker = start(options)
      kit.rateLimited({ times: 1 })
      kit.down({ times: 1 })
      kit.slow(20)
      await tracker.intent('phone', '+90')
      await kit.waitForCall(undefined, { timeout: 8_000 })
      expect(kit.refused().map(({ status }) => status)).toEqual([429, 503])
    })

    test('slow: the call is recorded before its answer comes', async () => {
      const tracker = start(options)
      kit.slow(300)
      let isAnswered = false
      const answered = tracker.intent('phone', '+90').then((outcome) => {
        isAnswered = true
        return outcome
      })
      await kit.waitForCall()
      expect(isAnswered).toBe(false)
      expect(await answered).toMatchObject({ status: 'delivered' })
    })

    test('a site that the console does not know: the event waits for it, with the reason and a hint', async () => {
      const other = 'ffffffffffffffffffffffffffffffff'
      const tracker = start({ ...options, siteId: other } as Options)
      const outcome = await tracker.intent('phone', '+90')
      const code = mode === 'proxy' ? 'INVALID_SITE_ID' : 'SIGNATURE_INVALID'
      expect(outcome).toMatchObject({ status: 'queued', reason: code })
      expect(kit.refused()[0]!.hint).toContain(`The kit knows one site, ${siteId}`)
    })

    test.each(['SIGNATURE_INVALID', 'INVALID_SITE_ID', 'NOT_FOUND'] as const)(
      'refusing with %s: the configuration is wrong, and the event waits',
      async (code) => {
        const tracker = start(options)
        kit.refusing(code, { times: 1 })
        expect(await tracker.intent('phone', '+90')).toMatchObject({
          status: 'queued',
          reason: code,
        })
        expect(kit.refused()).toMatchObject([{ code, hint: 'refusing() asked for it.' }])
      },
    )

    test('refusing with INVALID_BODY: the event is wrong, and is dropped', async () => {
      const tracker = start(options)
      kit.refusing('INVALID_BODY')
      expect(await tracker.intent('phone', '+90')).toMatchObject({
        status: 'dropped',
        reason: 'INVALID_BODY',
      })
      expect(kit.calls()).toEqual([])
    })

    test('page views are kept apart, and tie the call to their session', async () => {
      const tracker = start({ ...options, syncUrl: '/ops/sync' })
      await expect.poll(() => kit.views()).toHaveLength(1)
      await tracker.intent('phone', '+90')
      const [view] = kit.views()
      expect(view).toMatchObject({ s: siteId, ec: 'page', ea: 'view', u: location.href })
      expect(kit.calls()).toMatchObject([{ session_id: view!.sid }])
    })
  })

  test('origin blocked, signed mode: the page sees no answer, as in a browser, and the event waits', async () => {
    const tracker = start({ secret, consoleUrl })
    kit.originBlocked({ times: 1 })
    expect(await tracker.intent('phone', '+90')).toMatchObject({ status: 'queued', reason: '0' })
    expect(kit.refused()).toMatchObject([
      {
        code: 'ORIGIN_NOT_ALLOWED',
        origin: location.origin,
        hint: 'originBlocked() asked for it.',
      },
    ])
    await kit.waitForCall()
  })

  test('origin blocked, proxy mode: the page can read the refusal, and the event waits', async () => {
    const tracker = start({ proxyUrl })
    kit.originBlocked()
    expect(await tracker.intent('phone', '+90')).toMatchObject({
      status: 'queued',
      reason: 'ORIGIN_NOT_ALLOWED',
    })
  })

  test.each([600, -600])('a clock that is %d seconds off is corrected at once', async (seconds) => {
    const tracker = start({ secret, consoleUrl })
    kit.clock(seconds)
    expect(await tracker.intent('phone', '+90')).toMatchObject({ status: 'delivered' })
    expect(kit.refused()).toMatchObject([{ code: 'SIGNATURE_TIMESTAMP_INVALID' }])
    expect(await tracker.intent('phone', '+91')).toMatchObject({ status: 'delivered' })
    expect(kit.refused()).toHaveLength(1)
  })

  test('a wrong clock first, then an outage: a request that never met the database uses nothing up', async () => {
    const tracker = start({ secret, consoleUrl })
    kit.clock(-3_600)
    kit.down({ times: 1 })
    expect(await tracker.intent('phone', '+90')).toMatchObject({ status: 'queued', reason: '503' })
    await kit.waitForCall()
    expect(kit.refused()).toHaveLength(2)
  })

  test('a visitor’s wrong clock is no matter to the proxy', async () => {
    const tracker = start({ proxyUrl })
    kit.clock(-86_400)
    expect(await tracker.intent('phone', '+90')).toMatchObject({ status: 'delivered' })
    expect(kit.refused()).toEqual([])
  })

  test('what is not the kit’s is left alone', async () => {
    const response = await fetch('https://elsewhere.example/')
    expect(await response.text()).toBe('not ours')
  })
}
