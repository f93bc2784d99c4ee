import { http, HttpResponse, delay } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { createTransport } from './transport.js'

const transport = createTransport(() => {})
const { send } = transport

const url = 'https://console.example/api/call-event'
const server = setupServer()
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterEach(() => {
  server.resetHandlers()
  vi.useRealTimers()
})
afterAll(() => server.close())

test('the body travels as text/plain, with the headers it was given', async () => {
  let received: { body: string; type: string | null; signature: string | null } | undefined
  server.use(
    http.post(url, async ({ request }) => {
      const { headers } = request
      received = {
        body: await request.text(),
        type: headers.get('content-type'),
        signature: headers.get('x-ops-signature'),
      }
      return HttpResponse.json({ status: 'unmatched' })
    }),
  )
  const answer = await send(url, '{"a":"ş"}', true, Promise.resolve({ 'X-Ops-Signature': 'abc' }))
  expect(received).toEqual({
    body: '{"a":"ş"}',
    type: 'text/plain;charset=UTF-8',
    signature: 'abc',
  })
  expect(answer).toMatchObject({ status: 200, text: '{"status":"unmatched"}' })
})

test('status, text and headers of a refusal come back', async () => {
  server.use(
    http.post(url, () =>
      HttpResponse.json({ code: 'RATE_LIMITED' }, { status: 429, headers: { 'Retry-After': '7' } }),
    ),
  )
  const answer = await send(url, '{}', true)
  expect(answer.status).toBe(429)
  expect(answer.headers.get('retry-after')).toBe('7')
})

test('a network that fails is an answer with status 0', async () => {
  server.use(http.post(url, () => HttpResponse.error()))
  expect(await send(url, '{}', true)).toMatchObject({ status: 0, text: '' })
})

test('an address that fetch refuses is an answer with status 0', async () => {
  expect(await send('http://[', '{}', true)).toMatchObject({ status: 0 })
})

test('a redirect is a response in the server’s place: the POST may have become a GET', async () => {
  vi.stubGlobal('fetch', async () =>
    Object.defineProperty(Response.json({ ok: true }), 'redirected', { value: true }),
  )
  expect(await send(url, '{}', true)).toMatchObject({ status: 308 })
  vi.unstubAllGlobals()
})

test('a server that never answers counts as no answer, before the lease of the event runs out', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  server.use(http.post(url, () => delay('infinite')))
  const answer = send(url, '{}', true)
  await vi.advanceTimersByTimeAsync(11_000)
  expect(await answer).toMatchObject({ status: 0 })
})

test('an answer in time leaves no timer behind', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  server.use(http.post(url, () => HttpResponse.json({})))
  await send(url, '{}', true)
  await vi.waitFor(() => expect(vi.getTimerCount()).toBe(0))
})

test('a signature that fails is an answer with status 0, and leaves no timer behind', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  expect(await send(url, '{}', true, Promise.reject(new Error('no key')))).toMatchObject({
    status: 0,
  })
  await vi.waitFor(() => expect(vi.getTimerCount()).toBe(0))
})

test('a request that takes too long is aborted', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const signals: AbortSignal[] = []
  vi.stubGlobal('fetch', (_: string, { signal }: RequestInit) => {
    signals.push(signal!)
    return new Promise(() => {})
  })
  const answer = send(url, '{}', false)
  await vi.advanceTimersByTimeAsync(10_999)
  expect(signals[0]!.aborted).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(signals[0]!.aborted).toBe(true)
  expect(await answer).toMatchObject({ status: 0 })
  vi.unstubAllGlobals()
})

test('a connection is taken until the response has come; one of an aborted keepalive request 30 s longer', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const answers: ((response: Response) => void)[] = []
  vi.stubGlobal(
    'fetch',
    (_: string, { signal }: RequestInit) =>
      new Promise((resolve, reject) => {
        answers.push(resolve)
        signal!.addEventListener('abort', () => reject(new Error('aborted')))
      }),
  )
  const freed = vi.fn()
  const one = createTransport(freed)
  void one.send(url, '{}', true)
  void one.send(url, '{}', false)
  const third = one.send(url, '{}', true)
  expect(one.taken()).toBe(3)
  answers[2]!(Response.json({}))
  await third
  await vi.advanceTimersByTimeAsync(0)
  expect(one.taken()).toBe(2)
  await vi.advanceTimersByTimeAsync(11_001)
  expect(one.taken()).toBe(1)
  await vi.advanceTimersByTimeAsync(29_998)
  expect(one.taken()).toBe(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(one.taken()).toBe(0)
  expect(freed).toHaveBeenCalledTimes(3)
  vi.unstubAllGlobals()
})
