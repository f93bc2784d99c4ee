import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { readConfig, startServer, type RunningServer } from '../../server-reference/src/index.js'
import { sign } from '../../src/contract/sign.js'
import { openNamespace, type Namespace } from '../../testing/src/inspection/index.js'
import { opsmantikFixture } from '../../testing/src/playwright.js'

let server: RunningServer
let ops: Namespace
let count = 0

const start = (env: Record<string, string> = {}): Promise<RunningServer> =>
  startServer(
    readConfig({ PORT: '0', DATA_DIR: 'memory:', INSPECT: '1', ...env }),
    pino({ level: 'silent' }),
  )

beforeAll(async () => {
  server = await start()
})
afterAll(() => server.stop())
beforeEach(async () => {
  ops = await openNamespace(server.url, `test ${++count}`)
})

const eventOf = (namespace: Namespace, fields: object = {}): string =>
  JSON.stringify({
    site_id: namespace.siteId,
    fingerprint: 'f',
    event_id: crypto.randomUUID(),
    intent_action: 'phone',
    intent_target: '+905000000000',
    ...fields,
  })

/** Sends an event as a page behind a proxy does. */
const press = (namespace: Namespace, body = eventOf(namespace)): Promise<Response> =>
  fetch(namespace.proxyUrl, { method: 'POST', body, headers: { Origin: 'http://shop.example' } })

const pressSigned = async (
  namespace: Namespace,
  body = eventOf(namespace),
  origin = 'https://shop.example',
): Promise<Response> => {
  const ts = String(Math.floor(Date.now() / 1000))
  return fetch(namespace.consoleUrl + '/api/call-event', {
    method: 'POST',
    body,
    headers: {
      Origin: origin,
      'Content-Type': 'text/plain',
      'X-Ops-Site-Id': namespace.siteId,
      'X-Ops-Ts': ts,
      'X-Ops-Signature': await sign(namespace.secret, ts, new TextEncoder().encode(body)),
    },
  })
}

test('a press by the proxy is seen, and one by signature', async () => {
  const waiting = ops.waitForCall({ intent_target: '+905000000000' })
  expect((await press(ops)).status).toBe(200)
  expect(await waiting).toMatchObject({ site_id: ops.siteId, intent_action: 'phone' })
  expect((await pressSigned(ops)).status).toBe(200)
  expect(await ops.calls()).toHaveLength(2)
})

test('a call that came before is found too', async () => {
  await press(ops)
  expect(await ops.waitForCall((event) => event.intent_action === 'phone')).toBeTruthy()
})

test('a wait in vain says which call was missing and what came instead', async () => {
  await press(ops)
  await pressSigned(ops, '{"site_id":5}')
  const wait = ops.waitForCall({ intent_action: 'whatsapp' }, { timeout: 50 })
  await expect(wait).rejects.toThrow(
    /no call with {"intent_action":"whatsapp"} was recorded within 50 ms.*recorded \/api\/call-event\/v2: phone \+905000000000.*refused \/api\/call-event: INVALID_BODY, step 7 JSON and schema/s,
  )
  const other = await openNamespace(server.url, 'empty')
  await expect(other.waitForCall({}, { timeout: 10 })).rejects.toThrow('nothing came at all')
})

test('what was refused says at which step, and why', async () => {
  await pressSigned(ops, eventOf(ops, { fingerprint: '' }))
  await press(ops, 'nonsense')
  const [refused, ...more] = await ops.refused()
  expect(refused).toMatchObject({
    code: 'INVALID_BODY',
    status: 400,
    step: { number: 7, name: 'JSON and schema' },
    body: { fingerprint: '' },
  })
  expect(refused!.hint).toBeTruthy()
  // A request that the proxy itself refuses never reaches the server.
  expect(more).toEqual([])
})

test('a repeat is no second call', async () => {
  const body = eventOf(ops)
  await press(ops, body)
  await press(ops, body)
  await expect
    .poll(async () => (await ops.events()).map(({ outcome }) => outcome))
    .toEqual(['recorded', 'repeated'])
  expect(await ops.calls()).toHaveLength(1)
})

test('page views are seen', async () => {
  const view = {
    s: ops.siteId,
    u: 'https://x/',
    sid: 's',
    sm: '2026-01-01',
    ec: 'page',
    ea: 'view',
  }
  await press(ops, JSON.stringify({ events: [view, view] }))
  expect(await ops.views()).toMatchObject([{ u: 'https://x/' }, { u: 'https://x/' }])
})

test('namespaces do not meet, even with the same site', async () => {
  const site = { siteId: 'a'.repeat(32), secret: 'one-secret-for-all-tests' }
  const [one, two] = [
    await openNamespace(server.url, 'one', site),
    await openNamespace(server.url, 'two', site),
  ]
  await one.fault({ status: 503 })
  const body = eventOf(one)
  expect((await press(one, body)).status).toBe(503)
  expect((await press(two, body)).status).toBe(200)
  expect(await one.calls()).toEqual([])
  expect(await two.calls()).toHaveLength(1)
})

test('faults: a status so many times, with Retry-After, readable by the page', async () => {
  await ops.fault({ path: '/api/call-event', status: 429, retryAfter: 7, times: 2 })
  const answers = [await pressSigned(ops), await pressSigned(ops), await pressSigned(ops)]
  expect(answers.map(({ status }) => status)).toEqual([429, 429, 200])
  expect(answers[0]!.headers.get('retry-after')).toBe('7')
  expect(answers[0]!.headers.get('access-control-allow-origin')).toBe('https://shop.example')
  expect((await press(ops)).status).toBe(200)
})

test('faults: a connection that ends before, or after the event was recorded', async () => {
  await ops.fault({ drop: 'before', times: 1 })
  await expect(pressSigned(ops)).rejects.toThrow('fetch failed')
  expect(await ops.calls()).toEqual([])
  await ops.fault({ drop: 'after', times: 1 })
  const body = eventOf(ops)
  await expect(pressSigned(ops, body)).rejects.toThrow('fetch failed')
  await ops.waitForCall()
  expect(await (await pressSigned(ops, body)).json()).toMatchObject({ status: 'noop' })
  expect(await ops.calls()).toHaveLength(1)
})

test('faults go with clearFaults and with reset, which forgets what came', async () => {
  await press(ops)
  await ops.fault({ status: 500 })
  await ops.clearFaults()
  expect((await press(ops)).status).toBe(200)
  await ops.fault({ status: 500 })
  await ops.clock(3_600)
  await ops.reset()
  expect(await ops.events()).toEqual([])
  expect((await pressSigned(ops)).status).toBe(200)
})

test('the clock is moved: signatures of now are stale, with the server’s clock in the answer', async () => {
  await ops.clock(3_600)
  const answer = await (await pressSigned(ops)).json()
  expect(answer.code).toBe('SIGNATURE_TIMESTAMP_INVALID')
  expect(answer.server_ts - Date.now() / 1000).toBeGreaterThan(3_500)
})

test('origins and limits are as the test wants them', async () => {
  const strict = await openNamespace(server.url, 'strict', {
    origins: ['https://only.example'],
    limits: { v1: 1 },
  })
  expect((await pressSigned(strict)).status).toBe(403)
  const origin = 'https://only.example'
  expect((await pressSigned(strict, eventOf(strict), origin)).status).toBe(200)
  expect((await pressSigned(strict, eventOf(strict), origin)).status).toBe(429)
  expect((await strict.refused()).map(({ step }) => step?.number)).toEqual([2, 9])
})

test.each([
  ['a page', 'x', { Origin: 'https://evil.example' }, 403, 'NOT_FOR_PAGES'],
  ['a name that is none', 'a%2Fb', {}, 400, 'INVALID_NAMESPACE'],
])('%s is refused', async (_, name, headers, status, code) => {
  const response = await fetch(`${server.url}/inspect/${name}`, { method: 'PUT', headers })
  expect(response.status).toBe(status)
  expect(await response.json()).toMatchObject({ code })
})

test('options that cannot be used are named', async () => {
  await expect(openNamespace(server.url, 'x', { secret: 'short' })).rejects.toThrow(/400 secret: /)
  await expect(openNamespace(server.url, 'x', { origins: ['shop.example'] })).rejects.toThrow(
    'has no scheme',
  )
  await expect(ops.fault({ status: 200 })).rejects.toThrow(/400 status: /)
})

test('a server without it, and no server at all, are told apart', async () => {
  const plain = await start({ INSPECT: '0' })
  await expect(openNamespace(plain.url, 'x')).rejects.toThrow('start it with INSPECT=1')
  await plain.stop()
  await expect(openNamespace(plain.url, 'x')).rejects.toThrow('no reference server at')
})

test('in production, or for other machines, the server does not start with it', () => {
  const read = (env: Record<string, string>) => () => readConfig({ INSPECT: '1', ...env })
  expect(read({ NODE_ENV: 'production', ALLOWED_ORIGINS: 'https://a.example' })).toThrow(
    'INSPECT: refused in production',
  )
  expect(read({ HOST: '0.0.0.0' })).toThrow('INSPECT: refused with HOST "0.0.0.0"')
})

test('the Playwright fixture gives each test its own, and takes it away', async () => {
  let inside: Namespace | undefined
  const fixture = opsmantikFixture({ serverUrl: server.url })
  await fixture({}, async (namespace) => void (inside = namespace), { testId: 'file-1 › a test' })
  await expect(inside!.calls()).rejects.toThrow('404')
  // Playwright reads the first parameter from the function's text.
  expect(fixture.toString()).toMatch(/^async \(\s*\{\s*\}/)
})
