import { once } from 'node:events'
import {
  createServer,
  request,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createNodeProxy } from './node.js'
import type { ProxyLogEntry } from './log.js'
import type { ProxyOptions } from './options.js'

const siteId = '0123456789abcdef0123456789abcdef'
const BODY = JSON.stringify({ site_id: siteId, fingerprint: 'v' })

const stops: (() => void)[] = []
afterEach(() => stops.splice(0).forEach((stop) => stop()))

/** Starts a proxy on node:http before an upstream that the test simulates; `before` runs first, as a body parser does. */
const set = async (
  before: (incoming: IncomingMessage) => unknown = () => {},
  {
    seeOutgoing,
    ...options
  }: Partial<ProxyOptions> & {
    seeOutgoing?: (outgoing: ServerResponse) => void
  } = {},
) => {
  const seen: { headers: Headers; body: Buffer }[] = []
  const log: ProxyLogEntry[] = []
  const proxy = createNodeProxy({
    secret: 'a-secret-of-24-characters',
    consoleUrl: 'https://console.example',
    log: (entry) => log.push(entry),
    fetch: (async (_: string, { headers, body }: { headers: Headers; body: Uint8Array }) => {
      seen.push({ headers, body: Buffer.from(body) })
      return Response.json({ status: 'matched' }, { headers: { 'Retry-After': '9' } })
    }) as unknown as typeof fetch,
    ...options,
  })
  const listener: RequestListener = async (incoming, outgoing) => {
    await before(incoming)
    seeOutgoing?.(outgoing)
    await proxy(incoming, outgoing)
  }
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(() => {
    server.close()
    server.closeAllConnections()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ops`
  const post = (body: BodyInit, headers: Record<string, string> = {}) =>
    fetch(url, { method: 'POST', body, headers, duplex: 'half' } as RequestInit)
  return { url, post, seen, log }
}

const readAll = async (incoming: IncomingMessage): Promise<Buffer> =>
  Buffer.concat(await incoming.toArray())

test('node’s request is forwarded byte for byte, with the socket’s address, and the answer written back', async () => {
  const { url, post, seen, log } = await set()
  const bytes = Buffer.from(`\ufeff{ "site_id":"${siteId}", "a":"\\u0131\\/ş" }\n`)
  const response = await post(bytes, { Origin: new URL(url).origin, 'X-Forwarded-For': '1.1.1.1' })
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({ status: 'matched' })
  expect(response.headers.get('retry-after')).toBe('9')
  expect(seen[0]!.body.equals(bytes)).toBe(true)
  expect(seen[0]!.headers.get('x-forwarded-for')).toBe('1.1.1.1, 127.0.0.1')
  expect(seen[0]!.headers.get('x-ops-proxy-host')).toBe(new URL(url).host)
  expect(log).toMatchObject([{ outcome: 'matched', status: 200 }])
})

test('a body that keeps growing gets its 413, and then its connection is closed', async () => {
  const { url, seen } = await set()
  const sending = request(url, { method: 'POST' })
  sending.on('error', () => {})
  const closed = new Promise((resolve) => sending.once('close', resolve))
  const more = setInterval(() => sending.write(' '.repeat(10_000)), 2)
  stops.push(() => clearInterval(more))
  const [answer] = (await once(sending, 'response')) as [IncomingMessage]
  expect(answer.statusCode).toBe(413)
  expect(JSON.parse((await readAll(answer)).toString()).code).toBe('PAYLOAD_TOO_LARGE')
  await closed
  expect(seen).toEqual([])
})

test.each([
  ['in the middle', 0],
  ['before a slow middleware is done', 50],
])('a visitor who leaves %s hurts nobody', async (_, slow) => {
  let arrive = (): void => {}
  const arrived = new Promise<void>((resolve) => (arrive = resolve))
  const { url, post, seen, log } = await set(async () => {
    arrive()
    await new Promise((resolve) => setTimeout(resolve, slow))
  })
  const sending = request(url, { method: 'POST', headers: { 'Content-Length': '1000' } })
  sending.on('error', () => {})
  sending.write('{')
  await arrived
  sending.destroy()
  await expect.poll(() => log.length, { timeout: 10_000 }).toBe(1)
  expect(seen).toEqual([])
  expect((await post(BODY)).status).toBe(200)
})

test('bytes that a parser kept are signed as they came', async () => {
  const { post, seen } = await set(async (incoming) => {
    Object.assign(incoming, { body: await readAll(incoming) })
  })
  const odd = BODY.replace(',', ' , ')
  expect((await post(odd)).status).toBe(200)
  expect(seen[0]!.body.toString()).toBe(odd)
})

test('a body that a parser has eaten is 500, which trackers keep, and says so', async () => {
  const { post, seen, log } = await set(async (incoming) => {
    Object.assign(incoming, { body: JSON.parse((await readAll(incoming)).toString()) })
  })
  const response = await post(BODY)
  expect(response.status).toBe(500)
  expect(await response.json()).toMatchObject({
    error: expect.stringContaining('body parser'),
    code: 'INTERNAL',
  })
  expect(seen).toEqual([])
  expect(log).toMatchObject([{ outcome: 'BODY_ALREADY_READ', status: 500 }])
})

test('another method is 405, and a Host that is none does not crash', async () => {
  const { url } = await set()
  expect((await fetch(url)).status).toBe(405)
  const sending = request(url, { method: 'POST', headers: { Host: 'a b/?#' } })
  sending.end(BODY)
  const [answer] = (await once(sending, 'response')) as [IncomingMessage]
  expect(answer.statusCode).toBe(200)
})

test.each(['TRACE', 'PURGE', 'HEAD', 'DELETE'])('%s is 405 and ends no process', async (method) => {
  const { url } = await set()
  const sending = request(url, { method })
  sending.end()
  const [answer] = (await once(sending, 'response')) as [IncomingMessage]
  expect([answer.statusCode, answer.headers.allow]).toEqual([405, 'POST, OPTIONS'])
})

test('a further origin gets its preflight, and can read that a parser ate the body', async () => {
  const headers = { Origin: 'https://m.shop.example' }
  const { url, post } = await set(
    async (incoming) => {
      if (incoming.method === 'POST') await readAll(incoming)
    },
    { origins: headers.Origin },
  )
  const preflight = request(url, {
    method: 'OPTIONS',
    headers: { ...headers, 'Access-Control-Request-Method': 'POST' },
  })
  preflight.end()
  const [answer] = (await once(preflight, 'response')) as [IncomingMessage]
  expect([answer.statusCode, answer.headers['access-control-max-age']]).toEqual([204, '7200'])
  const eaten = await post(BODY, headers)
  expect(eaten.status).toBe(500)
  expect(eaten.headers.get('access-control-allow-origin')).toBe(headers.Origin)
})

test('a framework that has responded by itself meanwhile hurts nobody', async () => {
  let outgoing: ServerResponse
  const { url, post } = await set(undefined, {
    fetch: async () => {
      outgoing.writeHead(503).end('busy')
      return Response.json({ status: 'matched' })
    },
    seeOutgoing: (given) => (outgoing = given),
  })
  expect((await post(BODY)).status).toBe(503)
  expect((await fetch(url)).status).toBe(405)
})

test('over HTTP/2 the proxy’s own origin is that of :authority', async () => {
  const { createServer: createHttp2, connect } = await import('node:http2')
  const proxy = createNodeProxy({
    secret: 'a-secret-of-24-characters',
    consoleUrl: 'https://console.example',
    fetch: async () => Response.json({ status: 'matched' }),
  })
  const server = createHttp2(proxy).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const session = connect(origin)
  stops.push(() => {
    session.destroy()
    server.close()
  })
  const stream = session.request({ ':method': 'POST', ':path': '/ops', origin })
  stream.end(BODY)
  const [headers] = await once(stream, 'response')
  expect(headers[':status']).toBe(200)
})
