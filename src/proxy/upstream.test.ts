import { expect, test } from 'vitest'
import { openProxy, secret } from '../../test/support/played-upstream.js'

type Upstream = Parameters<typeof openProxy>[0]

const asJson = (body: BodyInit, init: ResponseInit = {}): Response =>
  new Response(body, { ...init, headers: { 'Content-Type': 'application/json', ...init.headers } })

/** A body that never ends, and what became of it. */
const endless = (chunk: () => Uint8Array | undefined) => {
  const state = { sent: 0, cancelled: false }
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const bytes = chunk()
      if (!bytes) return new Promise(() => {})
      state.sent += bytes.length
      controller.enqueue(bytes)
    },
    cancel: () => void (state.cancelled = true),
  })
  return { body, state }
}

test.each<[string, Upstream]>([
  ['a page of HTML', () => new Response('<html>', { status: 200 })],
  [
    'an empty page of HTML',
    () => new Response('', { headers: { 'Content-Type': 'text/html; charset=utf-8' } }),
  ],
  ['a redirect', () => Response.redirect('https://login.example/')],
  ['a redirect in JSON', () => asJson('{}', { status: 307, headers: { Location: '/x' } })],
  ['bytes that are not UTF-8', () => asJson(new Uint8Array([0x22, 0xff, 0x22]))],
  ['an error without a body', () => new Response(null, { status: 500 })],
  ['a network that fails', () => Promise.reject(new TypeError('fetch failed'))],
  [
    'a body that breaks off',
    () => asJson(new ReadableStream({ start: (c) => c.error(new Error('reset')) })),
  ],
  [
    'a declared length beyond 65,536',
    () => asJson('{}', { headers: { 'Content-Length': '65537' } }),
  ],
])('%s is 502', async (_, upstream) => {
  const { status, json } = await openProxy(upstream).post()
  expect([status, json['code']]).toEqual([502, 'UPSTREAM_UNREACHABLE'])
})

test('a response of 65,536 bytes is handed back, a longer one is 502', async () => {
  const filled = (size: number): string => `{"a":"${'x'.repeat(size - 8)}"}`
  const { status, text } = await openProxy(() => asJson(filled(65_536))).post()
  expect([status, text.length]).toEqual([200, 65_536])
  const { status: refused, json } = await openProxy(() => asJson(filled(65_537))).post()
  expect([refused, json['code']]).toEqual([502, 'UPSTREAM_UNREACHABLE'])
})

test('a response without an end is read up to the limit only, and its connection is closed', async () => {
  const { body, state } = endless(() => new Uint8Array(10_000).fill(32))
  const { post, seen } = openProxy(() => asJson(body))
  expect((await post()).json['code']).toBe('UPSTREAM_UNREACHABLE')
  expect(state.cancelled).toBe(true)
  expect(state.sent).toBeLessThanOrEqual(90_000)
  expect(seen[0]!.signal.aborted).toBe(true)
})

test.each<[string, Upstream]>([
  ['does not respond', () => new Promise(() => {})],
  ['sends its headers and no body', () => asJson(endless(() => undefined).body)],
])('a server that %s in time is 504, and its connection is closed', async (_, upstream) => {
  const { post, seen } = openProxy(upstream, { timeout: 20 })
  const { status, json } = await post()
  expect([status, json['code']]).toEqual([504, 'UPSTREAM_TIMEOUT'])
  expect(seen[0]!.signal.aborted).toBe(true)
})

test('the deadline holds for a body that drips, and for a fetch that ignores its signal', async () => {
  const drip = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 5))
      controller.enqueue(new Uint8Array([32]))
    },
  })
  const deaf = (async () => asJson(drip)) as unknown as typeof fetch
  const { status, json } = await openProxy(undefined, { timeout: 50, fetch: deaf }).post()
  expect([status, json['code']]).toEqual([504, 'UPSTREAM_TIMEOUT'])
})

test('a response in time leaves nothing behind that could fail later', async () => {
  const unhandled: unknown[] = []
  const hear = (reason: unknown): void => void unhandled.push(reason)
  process.on('unhandledRejection', hear)
  expect((await openProxy(() => asJson('{}'), { timeout: 20 }).post()).status).toBe(200)
  await openProxy(() => new Promise((_, reject) => setTimeout(reject, 40)), { timeout: 20 }).post()
  await new Promise((resolve) => setTimeout(resolve, 80))
  process.off('unhandledRejection', hear)
  expect(unhandled).toEqual([])
})

test('headers of the server that no contract needs, or that no header may hold, are not handed on', async () => {
  const odd = { 'Retry-After': 'x'.repeat(129), 'X-Request-Id': 'a\u00e9b', Server: 'x' }
  const { response } = await openProxy(() => asJson('{}', { headers: odd })).post()
  expect(response.headers.has('retry-after')).toBe(false)
  expect(response.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/)
  expect(response.headers.has('server')).toBe(false)
})

test('an error of fetch that holds the URL, the headers and the secret reaches neither response nor log', async () => {
  const log: unknown[] = []
  const said: string[] = []
  const upstream = (request: Request): Promise<Response> =>
    Promise.reject(
      new Error(`${request.url} ${JSON.stringify([...request.headers])} ${secret}`, {
        cause: secret,
      }),
    )
  const { post, seen } = openProxy(upstream, { log: (entry) => log.push(entry) })
  const { response, text } = await post()
  said.push(text, JSON.stringify([...response.headers]), JSON.stringify(log))
  expect(log).toMatchObject([{ outcome: 'UPSTREAM_UNREACHABLE', status: 502 }])
  const signature = seen[0]!.request.headers.get('x-ops-signature')!
  for (const hidden of [secret, signature, 'console.example'])
    expect(said.join('\n')).not.toContain(hidden)
})
