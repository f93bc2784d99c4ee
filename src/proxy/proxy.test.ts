import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { BODY, openProxy as set, secret, siteId } from '../../test/support/played-upstream.js'
import type { ProxyLogEntry } from './log.js'

test('the very bytes that came in are signed and forwarded, white space, escapes and all', async () => {
  const { post, seen } = set()
  const odd = `\ufeff{ "site_id":"${siteId}",\n "a":"\\u0131\\/ş" }\n`
  const bytes = new TextEncoder().encode(odd)
  expect((await post(bytes)).status).toBe(200)
  const { request, body } = seen[0]!
  expect(body).toEqual(bytes)
  expect(request.url).toBe('https://console.example/api/call-event/v2')
  expect(request.redirect).toBe('manual')
  const expected = createHmac('sha256', secret).update('1767225600.').update(bytes).digest('hex')
  expect(Object.fromEntries(request.headers)).toMatchObject({
    'x-ops-site-id': siteId,
    'x-ops-ts': '1767225600',
    'x-ops-signature': expected,
    'x-ops-proxy': '1',
    'x-ops-proxy-host': 'shop.example',
  })
})

test('sync events go to /api/sync, one or a batch', async () => {
  const { post, seen } = set()
  await post(JSON.stringify({ s: siteId, u: 'x' }))
  await post(JSON.stringify({ events: [{ s: siteId }, { s: siteId.toUpperCase() }] }))
  expect(seen.map(({ request }) => request.url)).toEqual(
    Array(2).fill('https://console.example/api/sync'),
  )
})

test('a foreign origin is refused, before anything is sent', async () => {
  const { post, seen } = set()
  for (const origin of ['https://evil.example', 'null', 'https://shop.example.evil.example']) {
    const { status, json } = await post(BODY, { origin })
    expect([status, json.code, json.origin]).toEqual([403, 'ORIGIN_NOT_ALLOWED', origin])
  }
  expect(seen).toEqual([])
})

test('its own origin is served, by the Host that the browser used too, and so are origins it was given', async () => {
  const { post } = set(undefined, { origins: ['https://m.shop.example'] })
  for (const headers of [
    { origin: 'https://shop.example' },
    { origin: 'https://www.shop.example', host: 'www.shop.example' },
    { origin: 'https://m.shop.example' },
    {},
  ])
    expect((await post(BODY, headers)).status).toBe(200)
})

test('a body of 65,536 bytes passes, one more does not', async () => {
  const { post } = set()
  const fill = (size: number) => BODY.slice(0, -1) + ' '.repeat(size - BODY.length) + '}'
  expect((await post(fill(65_536))).status).toBe(200)
  expect((await post(fill(65_537))).json.code).toBe('PAYLOAD_TOO_LARGE')
})

test('a body without an end is refused as soon as it is too large, and told to stop', async () => {
  const { post, seen } = set()
  let stopped = false
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(10_000)),
    cancel: () => void (stopped = true),
  })
  expect((await post(endless)).status).toBe(413)
  expect(stopped).toBe(true)
  expect(seen).toEqual([])
})

test.each([
  ['no JSON', 'nonsense', 'INVALID_JSON'],
  ['an array', '[]', 'INVALID_JSON'],
  ['a string', '"x"', 'INVALID_JSON'],
  // Not INVALID_JSON, after which a tracker drops its event: something in between took the body away.
  ['nothing', '', 'BAD_REQUEST'],
  ['invalid UTF-8', new Uint8Array([0x7b, 0xff, 0x7d]), 'INVALID_JSON'],
  ['no site', '{}', 'INVALID_SITE_ID'],
  ['an empty batch', '{"events":[]}', 'INVALID_SITE_ID'],
  ['a malformed site', '{"site_id":"x"}', 'INVALID_SITE_ID'],
  ['another site than its own', JSON.stringify({ site_id: 'f'.repeat(32) }), 'INVALID_SITE_ID'],
  [
    'a batch that names another site',
    JSON.stringify({ events: [{ s: siteId }, { s: 'f'.repeat(32) }] }),
    'INVALID_SITE_ID',
  ],
  [
    'another site beside its own',
    JSON.stringify({ site_id: 'f'.repeat(32), events: [{ s: siteId }] }),
    'INVALID_SITE_ID',
  ],
])('%s is 400', async (_, body, code) => {
  const { post, seen } = set(undefined, { siteId })
  const { status, json } = await post(body)
  expect([status, json.code]).toEqual([400, code])
  expect(seen).toEqual([])
})

test('its site may be written as a UUID or as 32 digits, in either case', async () => {
  const { post } = set(undefined, { siteId: '01234567-89AB-CDEF-0123-456789ABCDEF' })
  expect((await post()).status).toBe(200)
})

test.each([undefined, '', 'too short'])(
  'without a secret (%s) it says that it is not configured',
  async (bad) => {
    const { post, seen } = set(undefined, { secret: bad })
    const { status, json } = await post()
    expect([status, json.code]).toEqual([500, 'PROXY_NOT_CONFIGURED'])
    expect(seen).toEqual([])
  },
)

test.each([200, 400, 401, 429, 500, 503])(
  'the server’s %i comes back with its body and Retry-After',
  async (status) => {
    const json = { error: 'x', code: 'X', server_ts: 1 }
    const { post } = set(() =>
      Response.json(json, { status, headers: { 'Retry-After': '9', 'X-Request-Id': 'r1' } }),
    )
    const answer = await post()
    expect([answer.status, answer.json]).toEqual([status, json])
    expect(answer.response.headers.get('retry-after')).toBe('9')
    expect(answer.response.headers.get('x-request-id')).toBe('r1')
  },
)

test.each([202, 204])('an acknowledgement without a body (%i) comes back', async (status) => {
  const { post } = set(() => new Response(null, { status }))
  expect(await post()).toMatchObject({ status, text: '' })
})

test('the log is told what became of each request, and by whose word', async () => {
  const log: ProxyLogEntry[] = []
  const tellLog = (entry: ProxyLogEntry) => log.push(entry)
  const answers = [
    Response.json({ status: 'matched', call_id: 'x' }),
    Response.json({ error: 'x', code: 'RATE_LIMITED' }, { status: 429 }),
    new Response(null, { status: 204 }),
  ]
  const { post } = set(() => answers.shift() ?? Promise.reject(new Error()), { log: tellLog })
  await post()
  await post(JSON.stringify({ s: siteId }))
  await post()
  await post()
  await post('nonsense')
  await post(BODY, { origin: 'https://m.shop.example' })
  await post(BODY, { origin: 'anything, +905551234567' })
  expect(
    log.map(({ took, requestId, ...rest }) => (took >= 0 && requestId ? rest : undefined)),
  ).toEqual([
    { outcome: 'matched', status: 200, by: 'server', event: 'call' },
    { outcome: 'RATE_LIMITED', status: 429, by: 'server', event: 'sync' },
    { outcome: '204', status: 204, by: 'server', event: 'call' },
    { outcome: 'UPSTREAM_UNREACHABLE', status: 502, by: 'proxy', event: 'call' },
    { outcome: 'INVALID_JSON', status: 400, by: 'proxy' },
    { outcome: 'ORIGIN_NOT_ALLOWED', status: 403, by: 'proxy', origin: 'https://m.shop.example' },
    { outcome: 'ORIGIN_NOT_ALLOWED', status: 403, by: 'proxy' },
  ])
})

test('the log never holds the secret, nor anything of the visitor', async () => {
  const log: ProxyLogEntry[] = []
  const upstream = () =>
    Response.json({ code: 'CALL +905551234567', secret, status: secret }, { status: 400 })
  const { post } = set(upstream, {
    log: (entry) => log.push(entry),
    clientAddress: () => '203.0.113.9',
  })
  await post(JSON.stringify({ site_id: siteId, fingerprint: 'v', intent_target: '+905551234567' }))
  expect(log).toHaveLength(1)
  expect(log[0]).toMatchObject({ outcome: '400', status: 400 })
  expect(JSON.stringify(log)).not.toMatch(/90555|203\.0|a-secret|fingerprint/)
})

test('a log that throws or rejects hurts nobody', async () => {
  const unhandled: unknown[] = []
  const hear = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', hear)
  for (const log of [
    () => {
      throw new Error('full')
    },
    () => Promise.reject(new Error('full')),
  ]) {
    const { post } = set(undefined, { log })
    expect((await post()).status).toBe(200)
    expect((await post('nonsense')).json.code).toBe('INVALID_JSON')
  }
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', hear)
  expect(unhandled).toEqual([])
})

test('no answer holds the secret, whatever goes wrong', async () => {
  const failing = [
    set(() => Promise.reject(new Error(secret))),
    set(() => new Response(`<html>${secret}`)),
    set(() => new Promise<Response>(() => {}), { timeout: 5 }),
    set(undefined, {
      clientAddress: () => {
        throw new Error(secret)
      },
    }),
  ]
  for (const { post } of failing) {
    const { response, text } = await post()
    expect(response.status).toBeGreaterThanOrEqual(500)
    expect(text + JSON.stringify([...response.headers])).not.toContain(secret)
  }
})

test('another method is 405', async () => {
  const { proxy } = set()
  const response = await proxy(new Request('https://shop.example/ops'))
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
  expect(await response.json()).toMatchObject({
    code: 'METHOD_NOT_ALLOWED',
    request_id: expect.any(String),
  })
})

test.each([
  ['consoleUrl', { consoleUrl: 'console.example' }],
  ['consoleUrl', { consoleUrl: 'ftp://console.example' }],
  ['siteId', { siteId: 'YOUR_SITE' }],
])('a wrong %s is said at creation', (name, options) => {
  expect(() => set(undefined, options)).toThrow(new RegExp(`createProxy: ${name} must be`))
})
