import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { Diagnosis } from '../../cli/src/doctor/index.js'
import { examine, expectErrors, finding } from './support/expect.js'
import { startGateway, type GatewayResponse, type GatewayFaults } from './support/gateway.js'
import { ORIGIN, startInMemory, type TestServer } from './support/server.js'

let server: TestServer
let gateway: TestServer | undefined
beforeAll(async () => {
  server = await startInMemory()
})
afterAll(() => server.stop())
afterEach(() => gateway?.stop())

const behind = async (faults: GatewayFaults): Promise<Diagnosis> => {
  gateway = await startGateway(server.url, faults)
  return examine(gateway.url)
}

const html = (status: number): GatewayResponse => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: '<!doctype html><title>Attention</title><p>Sorry',
})

const ALLOW = 'access-control-allow-origin'
const perfect = {
  [ALLOW]: ORIGIN,
  'access-control-allow-methods': 'POST, OPTIONS',
  'access-control-allow-headers': 'Content-Type, X-Ops-Site-Id, X-Ops-Ts, X-Ops-Signature',
  'access-control-max-age': '7200',
  vary: 'Origin',
}

it('a 403 for want of a token with perfect CORS headers: an API gateway answers the preflight', async () => {
  const found = expectErrors(
    await behind({
      instead: ({ method }) =>
        method === 'OPTIONS'
          ? {
              status: 403,
              headers: { ...perfect, 'content-type': 'application/json' },
              body: '{"message":"Missing Authentication Token"}',
            }
          : undefined,
    }),
    'preflight-refused-with-cors-headers',
  )
  expect(found.whose).toBe('gateway')
  expect(found.fix).toContain('update-gateway-response')
  expect(found.fix).toContain('MISSING_AUTHENTICATION_TOKEN')
  expect(found.check).toContain('-X OPTIONS')
})

it('a 401 to the preflight: a login stands before the server', async () => {
  const found = expectErrors(
    await behind({
      instead: ({ method }) =>
        method === 'OPTIONS'
          ? { status: 401, headers: { 'www-authenticate': 'Basic realm="staging"' }, body: 'no' }
          : undefined,
    }),
    'preflight-needs-login',
  )
  expect(found.whose).toBe('gateway')
})

it('a firewall that answers the preflight with a 403 of its own', async () => {
  const found = expectErrors(
    await behind({
      instead: ({ method }) => (method === 'OPTIONS' ? { ...html(403) } : undefined),
    }),
    'blocked-by-firewall',
  )
  expect(found.whose).toBe('gateway')
  expect(found.seen).toContain('OPTIONS /api/call-event, OPTIONS /api/call-event/v2')
})

it('a firewall that lets preflights through and blocks the POST', async () => {
  const found = expectErrors(
    await behind({
      instead: ({ method }) => (method === 'POST' ? html(403) : undefined),
    }),
    'blocked-by-firewall',
  )
  expect(found.seen).toContain('POST /api/sync')
})

it('a page of HTML with 200 for everything: not the console', async () => {
  const found = expectErrors(
    await behind({
      instead: () => html(200),
      upgrade: (_, socket) =>
        void socket.end(
          'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>',
        ),
    }),
    'html-answer',
  )
  expect(found.whose).toBe('gateway')
})

it('a preflight that is redirected to a login', async () => {
  const found = expectErrors(
    await behind({
      instead: ({ method }) =>
        method === 'OPTIONS'
          ? { status: 302, headers: { location: 'https://login.example/?next=%2F' }, body: '' }
          : undefined,
    }),
    'redirect-elsewhere',
  )
  expect(found.whose).toBe('gateway')
  expect(found.title).toContain('https://login.example/')
})

it('paths that are redirected to themselves with a slash', async () => {
  const found = expectErrors(
    await behind({
      instead: ({ path }) =>
        path.endsWith('/')
          ? undefined
          : { status: 308, headers: { location: `${path}/` }, body: '' },
    }),
    'redirect-trailing-slash',
  )
  expect(found.whose).toBe('gateway')
})

it('502 of a gateway that cannot reach the server', async () => {
  const found = expectErrors(
    await behind({
      instead: () => html(502),
      upgrade: (_, socket) =>
        void socket.end(
          'HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>',
        ),
    }),
    'server-error',
  )
  expect(found.whose).toBe('gateway')
  expect(finding(await examine(gateway!.url), 'server-error').fix).toContain('proxy_pass')
})

it('a gateway that answers every POST with 200 loses events silently', async () => {
  const found = expectErrors(
    await behind({
      instead: ({ method }) =>
        method === 'POST'
          ? {
              status: 200,
              headers: {
                ...perfect,
                'access-control-expose-headers': '*',
                'content-type': 'application/json',
              },
              body: '{}',
            }
          : undefined,
    }),
    'invalid-body-accepted',
  )
  expect(found.title).toContain('forgets it')
})

it('an answer that fits nothing still says what browser and tracker make of it', async () => {
  const found = expectErrors(
    await behind({
      instead: ({ method }) =>
        method === 'POST'
          ? {
              status: 418,
              headers: {
                ...perfect,
                'access-control-expose-headers': '*',
                'content-type': 'application/json',
              },
              body: '{"code":"TEAPOT"}',
            }
          : undefined,
    }),
    'unexpected-answer',
  )
  expect(found.title).toContain('418')
  expect(found.title).toContain('the tracker keeps the event')
})

it('a connection that is cut, and one that hangs, on POST', async () => {
  expectErrors(
    await behind({ instead: ({ method }) => (method === 'POST' ? 'cut' : undefined) }),
    'connection-cut',
  )
  await gateway!.stop()
  const found = expectErrors(
    await behind({ instead: ({ method }) => (method === 'POST' ? 'hang' : undefined) }),
    'no-answer',
  )
  expect(found.seen).toContain('POST /api/sync')
})

it('429 for every visitor', async () => {
  const found = expectErrors(
    await behind({
      instead: ({ method }) =>
        method === 'POST' ? { status: 429, headers: { ...perfect }, body: '' } : undefined,
    }),
    'rate-limited',
  )
  expect(found.fix).toContain('TRUSTED_PROXY_HOPS=1')
})
