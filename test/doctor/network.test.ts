import { createServer as createTlsServer } from 'node:https'
import { createServer as createTcpServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { examine, errorsOf, expectErrors, finding, warningsOf } from './support/expect.js'
import { makeAuthority, type Certificates } from './support/certificates.js'
import { startGateway, startPlain } from './support/gateway.js'
import { startInMemory, type TestServer } from './support/server.js'

let authority: Certificates
beforeAll(() => {
  authority = makeAuthority()
})
afterAll(() => authority.remove())

const started: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of started.splice(0).toReversed()) await one.stop()
})
const keep = <T extends { stop(): Promise<void> }>(server: T): T => {
  started.push(server)
  return server
}

const listen = async (server: Server, scheme = 'http'): Promise<string> => {
  const sockets = new Set<{ destroy(): void }>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  keep({
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  })
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const tls = ({ cert, key }: { cert: string; key: string }): Promise<string> =>
  listen(
    createTlsServer({ cert, key }, (_, response) => response.end('{"ok":true}')),
    'https',
  )

/** A date as openssl writes it, so many days from now. */
const day = (days: number): string =>
  new Date(Date.now() + days * 86_400_000)
    .toISOString()
    .replaceAll(/[-:T]|\.\d+/g, '')
    .slice(2)

it('a name that does not exist', async () => {
  const diagnosis = await examine('https://no-such-host.invalid')
  expect(['dns-no-such-name', 'dns-not-answering']).toContain(errorsOf(diagnosis)[0])
  expect(diagnosis.findings[0]!.whose).toBe('network')
  expect(diagnosis.findings[0]!.check).toBe('dig +short no-such-host.invalid')
})

it('a port at which nothing listens', async () => {
  const found = expectErrors(await examine('http://127.0.0.1:9'), 'connect-refused')
  expect(found.whose).toBe('server')
  expect(found.title).toContain('port 9')
})

it('a certificate that has ended', async () => {
  const url = await tls(authority.make({ name: '127.0.0.1', from: day(-90), to: day(-3) }))
  const found = expectErrors(await examine(url, { ca: authority.ca }), 'tls-expired')
  expect(found.whose).toBe('gateway')
  expect(found.title).toContain(new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10))
  expect(found.fix).toContain('certbot renew')
  expect(found.check).toContain('openssl s_client')
})

it('a certificate that is for another name', async () => {
  const url = await tls(authority.make({ name: 'other.example', from: day(-1), to: day(80) }))
  const found = expectErrors(await examine(url, { ca: authority.ca }), 'tls-wrong-name')
  expect(found.title).toContain('other.example')
})

it('a certificate that is self-signed', async () => {
  const found = expectErrors(await examine(await tls(authority.selfSigned())), 'tls-self-signed')
  expect(found.whose).toBe('gateway')
})

it('a certificate of an authority that nobody knows', async () => {
  const url = await tls(authority.make({ name: '127.0.0.1', from: day(-1), to: day(80) }))
  const found = expectErrors(await examine(url), 'tls-not-trusted')
  expect(found.fix).toContain('fullchain.pem')
})

it('a certificate that ends in two days and was not renewed is a warning', async () => {
  const url = await tls(authority.make({ name: '127.0.0.1', from: day(-88), to: day(2) }))
  expect(warningsOf(await examine(url, { ca: authority.ca }))).toContain('tls-ends-soon')
  const fresh = await tls(authority.make({ name: '127.0.0.1', from: day(-30), to: day(60) }))
  expect(warningsOf(await examine(fresh, { ca: authority.ca }))).not.toContain('tls-ends-soon')
})

it('https at a port that speaks plain http, and http at one that speaks TLS', async () => {
  const plain = keep(await startPlain((_, response) => response.end('{"ok":true}')))
  expectErrors(await examine(plain.url.replace('http:', 'https:')), 'tls-handshake-failed')
  const secure = await tls(authority.selfSigned())
  const diagnosis = await examine(secure.replace('https:', 'http:'))
  expect(diagnosis.exitCode).toBe(1)
  expect(['connection-cut', 'not-http']).toContain(errorsOf(diagnosis)[0])
})

it('something that does not speak HTTP', async () => {
  const url = await listen(createTcpServer((socket) => void socket.end('SSH-2.0-OpenSSH_9.2\r\n')))
  const found = expectErrors(await examine(url), 'not-http')
  expect(found.whose).toBe('gateway')
})

it('a server that accepts connections and says nothing is reported within ten seconds', async () => {
  const url = await listen(createTcpServer(() => {}))
  const diagnosis = await examine(url, { proxyUrl: `${url}/ops` })
  expect(errorsOf(diagnosis)).toEqual(['no-answer', 'proxy-no-answer'])
  expect(diagnosis.tookMs).toBeLessThan(10_000)
})

it('a health that hangs does not keep the doctor from the other endpoints', async () => {
  const server: TestServer = keep(await startInMemory())
  const gateway = keep(
    await startGateway(server.url, {
      instead: ({ path }) => (path === '/api/health' ? 'hang' : undefined),
    }),
  )
  const diagnosis = await examine(gateway.url)
  expect(errorsOf(diagnosis)).toEqual(['health-no-answer'])
  expect(finding(diagnosis, 'preflights-good').severity).toBe('ok')
})

it('an address that is redirected to another host: the page has to name that one', async () => {
  const server = keep(await startInMemory())
  const gateway = keep(
    await startGateway(server.url, {
      instead: ({ path }) => ({ status: 301, headers: { location: server.url + path }, body: '' }),
      upgrade: (_, socket) => void socket.destroy(),
    }),
  )
  const diagnosis = await examine(gateway.url)
  const found = expectErrors(diagnosis, 'redirect-other-host')
  expect(found.whose).toBe('customer page')
  expect(found.fix).toContain(`data-ops-console-url="${server.url}"`)
  expect(finding(diagnosis, 'preflights-good').severity).toBe('ok')
})

it('http that is redirected to https', async () => {
  const found = await (async () => {
    const gateway = keep(
      await startPlain((request, response) => {
        response.writeHead(308, { location: `https://127.0.0.1:9${request.url}` })
        response.end()
      }),
    )
    return examine(gateway.url)
  })()
  expect(errorsOf(found)).toEqual(['redirect-http-to-https', 'connect-refused'])
  expect(finding(found, 'redirect-http-to-https').fix).toMatch(
    /^data-ops-console-url="https:\/\/127\.0\.0\.1:9"/,
  )
})

it('a page on https cannot call a console on plain http', async () => {
  const diagnosis = await examine('http://console.invalid')
  expect(errorsOf(diagnosis)[0]).toBe('console-mixed-content')
  expect(diagnosis.findings[0]!.whose).toBe('customer page')
  expect(diagnosis.findings[0]!.fix).toContain('data-ops-console-url="https://console.invalid"')
})

it('a console that is not there: every path is 404', async () => {
  const other = keep(
    await startPlain((_, response) => {
      response.writeHead(404, { 'content-type': 'text/html' })
      response.end('<!doctype html><h1>Not found</h1>')
    }),
  )
  const found = expectErrors(await examine(other.url), 'endpoint-missing')
  expect(found.fix).toContain('right console URL')
})
