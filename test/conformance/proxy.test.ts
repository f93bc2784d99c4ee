import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { afterEach, expect, test } from 'vitest'
import { openProxy, proxyChecks, type PlayedConsole } from '../../cli/src/conformance/index.js'
import { playConsole } from '../../cli/src/conformance/node/console.js'
import { runChecks } from '../../cli/src/conformance/run.js'
import { createProxy, type ProxyOptions } from '../../src/proxy/index.js'
import { SITE } from '../../server-reference/src/testing/sign.js'
import { ids } from './reference.js'

/** The console of the run that is under way. */
let playedConsole: PlayedConsole

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

const FURTHER = 'https://further.example'

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
  playedConsole = console
  stops.push(console.close)
  const proxy = createProxy({
    secret: SITE.secret,
    siteId: SITE.publicId,
    consoleUrl: console.url,
    clientAddress: () => '127.0.0.1',
    origins: FURTHER,
    ...changed,
  })
  const url = await serve((request) => around(request, proxy))
  const targetFor = openProxy({
    url: url + '/ops',
    furtherOrigin: FURTHER,
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

/** Gives up after 4 s without headers, and then waits for the body as long as it takes. */
const withoutBodyDeadline = (async (url: string, { signal, ...init }: RequestInit) => {
  const headers = new AbortController()
  const timer = setTimeout(() => headers.abort(), 4_000)
  signal?.addEventListener('abort', () => headers.abort())
  const response = await fetch(url, { ...init, signal: headers.signal })
  clearTimeout(timer)
  return response
}) as typeof fetch

/** Forwards by itself, and reads the console's whole response. */
const readingEverything = async (request: Request): Promise<Response> => {
  const { url } = playedConsole
  const response = await fetch(url, { method: 'POST', body: await request.text() })
  return new Response(await response.text(), { headers: { 'Content-Type': 'application/json' } })
}

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
    'that does not know the visitor’s address',
    'proxy.forwarded-for',
    undefined,
    { clientAddress: () => undefined },
  ],
  [
    'that believes the X-Forwarded-For that a visitor made up',
    'proxy.forwarded-for',
    undefined,
    { clientAddress: undefined, trustedHops: 1 },
  ],
  ['that knows no further origin', 'proxy.further-origin', undefined, { origins: [] }],
  [
    'that takes a further origin’s events and does not let it read the responses',
    'proxy.further-origin',
    async (request, proxy) => {
      const response = await proxy(request)
      if (request.method === 'POST') response.headers.delete('access-control-allow-origin')
      return response
    },
  ],
  [
    'that lets a further origin read successes only',
    'proxy.further-origin',
    async (request, proxy) => {
      const response = await proxy(request)
      if (!response.ok) response.headers.delete('access-control-allow-origin')
      return response
    },
  ],
  [
    'whose responses a shared cache may hand to another origin',
    'proxy.further-origin',
    async (request, proxy) => {
      const response = await proxy(request)
      response.headers.delete('vary')
      return response
    },
  ],
  [
    'that welcomes every preflight',
    'proxy.foreign-preflight',
    async (request, proxy) =>
      request.method === 'OPTIONS'
        ? new Response(null, { status: 204, headers: { 'Access-Control-Allow-Origin': '*' } })
        : proxy(request),
  ],
  [
    'whose 4 s are those of the headers',
    'proxy.slow-body',
    undefined,
    { timeout: 60_000, fetch: withoutBodyDeadline },
  ],
  ['that reads whatever comes', 'proxy.oversized', readingEverything],
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
