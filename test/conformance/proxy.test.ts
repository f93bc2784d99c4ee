import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { afterEach, expect, test } from 'vitest'
import { openProxy, proxyChecks } from '../../src/conformance/index.js'
import { playConsole } from '../../src/conformance/node/console.js'
import { runChecks } from '../../src/conformance/run.js'
import { createProxy, type ProxyOptions } from '../../src/proxy/index.js'
import { SITE } from '../../server-reference/src/testing/sign.js'
import { ids } from './reference.js'

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

type Handle = (request: Request) => Promise<Response>

/** Serves a function on a free port. */
const serve = async (handle: Handle): Promise<string> => {
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url = '/', headers } = incoming
    const request = new Request(`http://${headers.host}${url}`, {
      method,
      headers: headers as Record<string, string>,
      ...(method === 'GET' ? {} : { body: Readable.toWeb(incoming), duplex: 'half' }),
    } as RequestInit)
    handle(request).then(
      async (response) =>
        outgoing
          .writeHead(response.status, Object.fromEntries(response.headers))
          .end(new Uint8Array(await response.arrayBuffer())),
      () => outgoing.destroy(),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  )
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Runs the kit on our own proxy, with something changed on its way in or out. */
const run = async (
  around: (request: Request, proxy: Handle) => Promise<Response> = (request, proxy) =>
    proxy(request),
  changed: Partial<ProxyOptions> = {},
  only?: string[],
) => {
  const console = await playConsole()
  stops.push(console.close)
  const proxy = createProxy({
    secret: SITE.secret,
    siteId: SITE.publicId,
    consoleUrl: console.url,
    clientAddress: () => '127.0.0.1',
    ...changed,
  })
  const url = await serve((request) => around(request, proxy))
  const targetFor = openProxy({
    url: url + '/ops',
    siteId: SITE.publicId,
    secret: SITE.secret,
    console,
  })
  return runChecks(proxyChecks, targetFor, { only })
}

const withText = async (request: Request, change: (text: string) => string): Promise<Request> =>
  new Request(request.url, {
    method: request.method,
    headers: request.headers,
    ...(request.method === 'GET' ? {} : { body: change(await request.text()) }),
  })

const reserialise = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text))
  } catch {
    return text
  }
}

test('our own proxy conforms', async () => {
  const results = await run()
  expect(results.filter(({ verdict }) => verdict === 'failed' || verdict === 'broken')).toEqual([])
  expect(ids(results, 'unseen')).toEqual(['proxy.not-configured'])
})

test.each<[string, string, Parameters<typeof run>[0], Partial<ProxyOptions>?]>([
  [
    'that parses and serialises the body again',
    'proxy.bytes',
    async (request, proxy) => proxy(await withText(request, reserialise)),
  ],
  [
    'that escapes slashes, as json_encode does',
    'proxy.bytes',
    async (request, proxy) => proxy(await withText(request, (text) => text.replaceAll('/', '\\/'))),
  ],
  ['with another secret', 'proxy.signature', undefined, { secret: 'not-the-secret-of-this-site' }],
  ['whose clock is an hour slow', 'proxy.signature', undefined, { now: () => Date.now() - 3.6e6 }],
  ['that signs once', 'proxy.signature-anew', undefined, { now: () => 1_767_225_600_000 }],
  [
    'that hands the visitor’s X-Forwarded-For on',
    'proxy.forwarded-for',
    undefined,
    { clientAddress: () => undefined },
  ],
  [
    'that takes every origin',
    'proxy.foreign-origin',
    async (request, proxy) => {
      const headers = new Headers(request.headers)
      headers.delete('origin')
      return proxy(new Request(request, { headers }))
    },
  ],
  [
    'that reads JSON only',
    'proxy.content-type',
    async (request, proxy) =>
      request.headers.get('content-type') === 'application/json'
        ? proxy(request)
        : Response.json({ error: 'x', code: 'INVALID_JSON' }, { status: 400 }),
  ],
  [
    'that answers 502 for every failure',
    'proxy.answers',
    async (request, proxy) => {
      const response = await proxy(request)
      return response.ok ? response : Response.json({ code: 'BAD_GATEWAY' }, { status: 502 })
    },
  ],
  [
    'that loses Retry-After',
    'proxy.answers',
    async (request, proxy) => {
      const response = await proxy(request)
      response.headers.delete('retry-after')
      return response
    },
  ],
  ['that waits 8 s', 'proxy.timeout', undefined, { timeout: 8_000 }],
  [
    'that answers with its secret in a debug header',
    'proxy.secret',
    async (request, proxy) => {
      const response = await proxy(request)
      response.headers.set('x-debug', SITE.secret)
      return response
    },
  ],
  [
    'that knows call events only',
    'proxy.sync',
    async (request, proxy) => {
      const text = await request.text()
      return text.includes('"sid"')
        ? Response.json({ code: 'INVALID_SITE_ID' }, { status: 400 })
        : proxy(
            await withText(
              new Request(request.url, { method: 'POST', headers: request.headers, body: text }),
              (t) => t,
            ),
          )
    },
  ],
])('a proxy %s is found', async (_, id, around, changed) => {
  expect(ids(await run(around, changed, [id]), 'failed')).toEqual([id])
})
