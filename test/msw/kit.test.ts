import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { opsmantik } from '../../testing/src/msw/index.js'

const kit = opsmantik()
const other = opsmantik({
  consoleUrl: 'https://other.example',
  proxyUrl: 'https://www.other.example/ops',
  siteId: 'fedcba98-7654-4210-8edc-ba9876543210',
})
const unhandled: string[] = []
const server = setupServer(...kit.handlers, ...other.handlers)
beforeAll(() => server.listen({ onUnhandledRequest: ({ url }) => void unhandled.push(url) }))
afterAll(() => server.close())
afterEach(() => {
  kit.reset()
  other.reset()
  vi.useRealTimers()
})

const PROXY = 'https://www.shop.example/ops/call-event'
const post = (fields: object = {}, url = PROXY, siteId = kit.siteId) =>
  fetch(url, {
    method: 'POST',
    body: JSON.stringify({
      site_id: siteId,
      fingerprint: 'f',
      event_id: crypto.randomUUID(),
      ...fields,
    }),
  })
const reason = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'it resolved',
    (error: Error) => error.message,
  )

test('outside a page a relative proxy is on every host, and the answer is the contract’s', async () => {
  const response = await post({ intent_action: 'phone' })
  expect(response.status).toBe(200)
  expect(await response.json()).toMatchObject({ status: 'unmatched', session_id: null })
  expect(kit.calls({ intent_action: 'phone' })).toHaveLength(1)
  expect(kit.calls({ intent_action: 'sms' })).toEqual([])
})

test('the same event again, at once or when the replay cache has forgotten it, is one call', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const event_id = crypto.randomUUID()
  const answers = await Promise.all([post({ event_id }), post({ event_id })])
  vi.setSystemTime(Date.now() + 3_600_000)
  answers.push(await post({ event_id }))
  const bodies = await Promise.all(answers.map((answer) => answer.json()))
  expect(bodies.map(({ status }) => status).toSorted()).toEqual(['noop', 'noop', 'unmatched'])
  expect(kit.calls()).toHaveLength(1)
})

test('waitForCall gives calls that are there already as well as those to come, and each once', async () => {
  await post({ intent_action: 'phone' })
  await post({ intent_action: 'sms' })
  expect((await kit.waitForCall({ intent_action: 'sms' })).intent_action).toBe('sms')
  expect((await kit.waitForCall()).intent_action).toBe('phone')
  expect(await reason(kit.waitForCall(undefined, { timeout: 10 }))).toMatch(/^No call arrived/)
  const next = kit.waitForCall((call) => call.intent_target === '+90')
  await post({ intent_target: '+91' })
  await post({ intent_target: '+90' })
  expect((await next).intent_target).toBe('+90')
})

test('a wait in vain says that no request came, and what to look at', async () => {
  const said = await reason(kit.waitForCall({ intent_action: 'phone' }, { timeout: 10 }))
  expect(said).toMatch(/^No call with {"intent_action":"phone"} arrived within 10 ms\.\n/)
  expect(said).toMatch(/No request came at all\. Does server\.listen\(\) run before/)
})

test('a wait in vain says which calls came instead, with the fields that were asked for', async () => {
  await post({ intent_action: 'whatsapp', intent_target: 'whatsapp:+90', click_id: 'abc' })
  await kit.waitForCall()
  expect(await reason(kit.waitForCall({ click_id: 'xyz' }, { timeout: 10 }))).toBe(
    [
      'No call with {"click_id":"xyz"} arrived within 10 ms.',
      'Recorded instead:',
      '  - {"intent_action":"whatsapp","intent_target":"whatsapp:+90","click_id":"abc"} (an earlier waitForCall had this one)',
    ].join('\n'),
  )
})

test('a wait in vain says what was refused, why, and what to do', async () => {
  await post({ fingerprint: 5 })
  await post({}, PROXY, other.siteId)
  const said = await reason(kit.waitForCall(undefined, { timeout: 10 }))
  expect(said).toContain(`Refused:\n  - POST ${PROXY}: 400 INVALID_BODY. A field is missing`)
  expect(said).toMatch(/\n {4}fingerprint .+expected string/)
  expect(said).toContain(`400 INVALID_SITE_ID. No site has this id.`)
  expect(said).toContain(`The kit knows one site, ${kit.siteId}`)
})

test('a wait in vain names the scenarios that are in force, and the requests that they swallowed', async () => {
  kit.offline()
  kit.clock(-5)
  await expect(post()).rejects.toThrow(TypeError)
  expect(await reason(kit.waitForCall(undefined, { timeout: 10 }))).toBe(
    [
      'No call arrived within 10 ms.',
      'Requests that came, with no call recorded:',
      `  - POST ${PROXY}`,
      'In force: offline(), clock().',
    ].join('\n'),
  )
})

test('the error of a wait in vain points at the line that waited', async () => {
  const error = await kit.waitForCall(undefined, { timeout: 1 }).catch((thrown: Error) => thrown)
  expect((error as Error).stack).toMatch(/^Error: No call arrived[^]+kit\.test\.ts/)
})

test('a wait ends in real time where the test’s clock stands still', async () => {
  vi.useFakeTimers()
  expect(await reason(kit.waitForCall(undefined, { timeout: 10 }))).toMatch(/^No call arrived/)
})

test('reset forgets calls, refusals, limits, scenarios and who is waiting', async () => {
  const waiting = reason(kit.waitForCall())
  const event_id = crypto.randomUUID()
  kit.rateLimited({ times: 1 })
  expect((await post()).status).toBe(429)
  kit.down()
  kit.reset()
  expect(await waiting).toBe('waitForCall: reset() was called before the call came')
  expect([kit.calls(), kit.refused(), kit.views()]).toEqual([[], [], []])
  expect(await (await post({ event_id })).json()).toMatchObject({ status: 'unmatched' })
  kit.reset()
  expect(await (await post({ event_id })).json()).toMatchObject({ status: 'unmatched' })
  expect(kit.calls()).toHaveLength(1)
})

test('what was under way at a reset is not seen after it', async () => {
  kit.slow(50)
  const late = post()
  await kit.waitForCall()
  kit.reset()
  expect((await late).status).toBe(200)
  expect(kit.calls()).toEqual([])
})

test('two kits on different addresses do not meet', async () => {
  kit.down()
  await post({ intent_action: 'sms' }, 'https://www.other.example/ops', other.siteId)
  expect(kit.calls()).toEqual([])
  expect(other.calls()).toMatchObject([{ intent_action: 'sms' }])
  expect((await fetch('https://other.example/api/health')).status).toBe(200)
})

test('requests of others are MSW’s to judge', async () => {
  for (const url of ['http://127.0.0.1:9/api/call-event', 'http://127.0.0.1:9/ops/call-event/more'])
    await fetch(url).catch(() => {})
  expect(unhandled).toEqual([
    'http://127.0.0.1:9/api/call-event',
    'http://127.0.0.1:9/ops/call-event/more',
  ])
  expect(kit.refused()).toEqual([])
})

test('a scenario lasts as many requests as it was told', async () => {
  kit.down({ times: 2, retryAfter: 7 })
  const answers = [await post(), await post(), await post()]
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 200])
  expect(answers[0]!.headers.get('retry-after')).toBe('7')
})

test('a proxy waits four seconds for its console, and so does this one', async () => {
  kit.slow(6_000)
  const response = await post()
  expect(response.status).toBe(504)
  expect(kit.refused()).toMatchObject([{ code: 'UPSTREAM_TIMEOUT' }])
  // It was recorded all the same: the client's retry will be a noop.
  expect(kit.calls()).toHaveLength(1)
})

test('a page on another origin than the proxy’s is told so', async () => {
  const response = await fetch(PROXY, {
    method: 'POST',
    headers: { Origin: 'https://evil.example' },
    body: '{}',
  })
  expect(response.status).toBe(403)
  expect(kit.refused()[0]!.hint).toContain('takes what comes from its own origin')
})

test('origin blocked holds at the proxy where the request has a Host, too', async () => {
  kit.originBlocked()
  const headers = { Origin: 'https://www.shop.example', Host: 'www.shop.example' }
  const body = JSON.stringify({ site_id: kit.siteId, fingerprint: 'f' })
  const response = await fetch(PROXY, { method: 'POST', headers, body })
  expect(response.status).toBe(403)
  expect(kit.calls()).toEqual([])
})

test('an origin that the console does not list is refused, with the option that would allow it', async () => {
  const headers = { Origin: 'https://shop.example' }
  const url = kit.consoleUrl + '/api/sync'
  expect((await fetch(url, { method: 'POST', headers, body: '{}' })).status).toBe(403)
  expect(kit.refused()[0]!.hint).toBe(
    'The kit does not allow https://shop.example; it would with opsmantik({ origins: ["https://shop.example"] }).',
  )
})

test.each([
  [{ consoleUrl: 'console.example' }, 'opsmantik: consoleUrl must be an http(s) URL'],
  [{ proxyUrl: 'ops' }, 'opsmantik: proxyUrl must be a path such as /ops/call-event'],
  [{ syncUrl: '' }, 'opsmantik: syncUrl must be a path'],
  [{ siteId: 'shop' }, 'opsmantik: siteId must be a UUID or 32 hex digits, got "shop"'],
  [{ secret: 'short' }, 'opsmantik: secret must have at least 16 characters'],
  [{ origins: ['shop.example'] }, 'opsmantik: origins: "shop.example" has no scheme; did you mean'],
])('%o cannot be used, and the error names the option', (options, message) => {
  expect(() => opsmantik(options)).toThrow(message)
})

test.each([
  [() => kit.down({ times: 0 }), 'down: times must be a number from 1, got 0'],
  [() => kit.slow(NaN), 'slow: ms must be a number from 0'],
  [() => kit.rateLimited({ retryAfter: 0 }), 'rateLimited: retryAfter must be a number from 1'],
])('a scenario that cannot be is refused (%#)', (start, message) => {
  expect(start).toThrow(message)
})
