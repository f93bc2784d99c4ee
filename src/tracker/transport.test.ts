import { http, HttpResponse, delay } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { createTransport } from './transport.js'

const url = 'https://console.example/api/call-event'
const [send] = createTransport(url, () => false)
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
  const [{ status }, text] = await send(
    '{"a":"ş"}',
    true,
    Promise.resolve({ 'X-Ops-Signature': 'abc' }),
  )
  expect(received).toEqual({
    body: '{"a":"ş"}',
    type: 'text/plain;charset=UTF-8',
    signature: 'abc',
  })
  expect([status, text]).toEqual([200, '{"status":"unmatched"}'])
})

test('status, text and headers of a refusal come back', async () => {
  server.use(
    http.post(url, () =>
      HttpResponse.json({ code: 'RATE_LIMITED' }, { status: 429, headers: { 'Retry-After': '7' } }),
    ),
  )
  const [answer] = await send('{}', true)
  expect(answer.status).toBe(429)
  expect(answer.headers.get('retry-after')).toBe('7')
})

test('a network that fails is an answer with status 0', async () => {
  server.use(http.post(url, () => HttpResponse.error()))
  expect(await send('{}', true)).toMatchObject([{ status: 0 }, ''])
})

test('an address that fetch refuses is an answer with status 0', async () => {
  expect(await send('{}', true, false, 'http://[')).toMatchObject([{ status: 0 }, ''])
})

test('a response that a redirect brought says so: the POST may have become a GET', async () => {
  vi.stubGlobal('fetch', async () =>
    Object.defineProperty(Response.json({ ok: true }), 'redirected', { value: true }),
  )
  expect(await send('{}', true)).toMatchObject([{ redirected: true }, '{"ok":true}'])
  vi.unstubAllGlobals()
})

test('a server that never answers counts as no answer, before the lease of the event runs out', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  server.use(http.post(url, () => delay('infinite')))
  const answer = send('{}', true)
  await vi.advanceTimersByTimeAsync(11_000)
  expect(await answer).toMatchObject([{ status: 0 }, ''])
})

test('after an answer in time no timer is left for long, and none changes anything', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  server.use(http.post(url, () => HttpResponse.json({})))
  const [quick, taken] = createTransport(url, () => false)
  const [answer] = await quick('{}', true)
  await vi.advanceTimersByTimeAsync(11_000)
  expect([vi.getTimerCount(), taken(), answer.status]).toEqual([0, 0, 200])
})

test('a signature that fails is an answer with status 0', async () => {
  expect(await send('{}', true, Promise.reject(new Error('no key')))).toMatchObject([
    { status: 0 },
    '',
  ])
})

test('a browser that lacks what a request needs is an answer with status 0', async () => {
  vi.stubGlobal('AbortController', undefined)
  expect(await send('{}', true)).toMatchObject([{ status: 0 }, ''])
  vi.unstubAllGlobals()
})

test('a request that takes too long is aborted', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const signals: AbortSignal[] = []
  vi.stubGlobal('fetch', (_: string, { signal }: RequestInit) => {
    signals.push(signal!)
    return new Promise(() => {})
  })
  const answer = send('{}', false)
  await vi.advanceTimersByTimeAsync(10_999)
  expect(signals[0]!.aborted).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(signals[0]!.aborted).toBe(true)
  expect(await answer).toMatchObject([{ status: 0 }, ''])
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
  const [one, taken] = createTransport(url, () => false)
  void one('{}', true)
  void one('{}', false)
  const third = one('{}', true)
  expect(taken()).toBe(3)
  answers[2]!(Response.json({}))
  await third
  await vi.advanceTimersByTimeAsync(0)
  expect(taken()).toBe(2)
  await vi.advanceTimersByTimeAsync(11_001)
  expect(taken()).toBe(1)
  await vi.advanceTimersByTimeAsync(29_998)
  expect(taken()).toBe(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(taken()).toBe(0)
  vi.unstubAllGlobals()
})
