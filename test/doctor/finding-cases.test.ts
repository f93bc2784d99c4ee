import { afterEach, expect, it } from 'vitest'
import { getRequestListener } from '@hono/node-server'
import { createProxy, type ProxyOptions } from '../../src/proxy/index.js'
import type { Diagnosis } from '../../cli/src/doctor/index.js'
import { errorsOf, examine, finding } from './support/expect.js'
import {
  startGateway,
  startPlain,
  type GatewayResponse,
  type GatewayFaults,
} from './support/gateway.js'
import { ORIGIN, SECRET, SITE, startInMemory, type TestServer } from './support/server.js'

const started: TestServer[] = []
afterEach(async () => {
  for (const one of started.splice(0).toReversed()) await one.stop()
})
const keep = (server: TestServer): string => {
  started.push(server)
  return server.url
}
const signed = { siteId: SITE, secretEnv: 'OPS_SECRET', env: { OPS_SECRET: SECRET } }

const json = (status: number, body: object): GatewayResponse => ({
  status,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
})

/** A gateway before a real server. */
const before = async (
  faults: GatewayFaults,
  env: Record<string, string> = {},
): Promise<Diagnosis> =>
  examine(keep(await startGateway(keep(await startInMemory(env)), faults)), signed)

/** A real proxy, on the page's own origin, before a real server. */
const proxied = async (
  options: Partial<ProxyOptions>,
  env: Record<string, string> = {},
): Promise<Diagnosis> => {
  const consoleUrl = keep(await startInMemory({ ALLOWED_ORIGINS: '*', ...env }))
  const proxy = createProxy({ secret: SECRET, siteId: SITE, consoleUrl, ...options })
  const listener = getRequestListener((request) => proxy(request), { overrideGlobalObjects: false })
  const origin = keep(await startPlain(listener))
  return examine(consoleUrl, { ...signed, origin, proxyUrl: '/ops' })
}

/** The server's answer to everything that the proxy forwards. */
const answers = (status: number, code: string): Partial<ProxyOptions> => ({
  fetch: async () => Response.json({ error: 'x', code, request_id: 'x' }, { status }),
})

it.each<[string, string, string, Partial<ProxyOptions>, Record<string, string>?]>([
  [
    'that sends no signature along',
    'proxy-does-not-sign',
    'proxy',
    {
      fetch: (url, init) =>
        fetch(url, { ...init, headers: { 'Content-Type': 'application/json' } }),
    },
  ],
  ['whose server is over its limit', 'proxy-rate-limited', 'proxy', answers(429, 'RATE_LIMITED')],
  ['whose server fails', 'proxy-fails', 'server', answers(500, 'INTERNAL')],
  [
    'with an answer that fits nothing',
    'proxy-unexpected-answer',
    'proxy',
    answers(418, 'TEAPOT_SHORT'),
  ],
  [
    'while signing is switched off',
    'proxy-refused-while-signing-off',
    'server',
    {},
    { CALL_EVENT_SIGNING_DISABLED: '1' },
  ],
])('a proxy %s', async (_, id, whose, options, env) => {
  const found = finding(await proxied(options, env), id)
  expect(found.whose).toBe(whose)
  expect(found.fix).toBeTruthy()
})

it.each<[string, string, string, GatewayFaults]>([
  [
    'a server that says it is not well',
    'health-failing',
    'server',
    {
      back: (answer, { path }) => {
        if (path === '/api/health')
          Object.assign(
            answer,
            json(500, { ok: false, db_ok: true, ts: Math.floor(Date.now() / 1000) }),
          )
      },
    },
  ],
  [
    'no live feed behind the gateway',
    'live-missing',
    'gateway',
    {
      upgrade: (_, socket) =>
        void socket.end(
          'HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno',
        ),
    },
  ],
  [
    'a live feed whose handshakes are cut off',
    'live-connection-cut',
    'gateway',
    { upgrade: (_, socket) => void socket.destroy() },
  ],
  [
    'a login before the events, but not before preflights',
    'needs-login',
    'gateway',
    {
      instead: ({ method }) =>
        method === 'POST'
          ? { status: 401, headers: { 'WWW-Authenticate': 'Basic' }, body: 'Who are you?' }
          : undefined,
    },
  ],
  [
    'a firewall that refuses preflights without a page',
    'preflight-blocked',
    'gateway',
    {
      instead: ({ method }) =>
        method === 'OPTIONS'
          ? { status: 403, headers: { 'Content-Type': 'text/plain' }, body: 'Forbidden' }
          : undefined,
    },
  ],
  [
    'a live feed that fails',
    'live-unexpected-answer',
    'server',
    {
      upgrade: (_, socket) => {
        const body = '{"error":"x","code":"INTERNAL","request_id":"x"}'
        socket.end(
          `HTTP/1.1 500 Oops\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        )
      },
    },
  ],
  [
    'a signed event that is answered with what nobody knows',
    'signed-unexpected-answer',
    'server',
    {
      back: (answer, { headers }) => {
        if (headers['x-ops-signature'])
          Object.assign(answer, {
            ...json(409, { error: 'x', code: 'CONFLICT', request_id: 'x' }),
            headers: { ...answer.headers, 'content-type': 'application/json' },
          })
      },
    },
  ],
])('%s', async (_, id, whose, faults) => {
  const diagnosis = await before(faults)
  const found = finding(diagnosis, id)
  expect(found.whose).toBe(whose)
  expect(found.fix).toBeTruthy()
})

it('an answer that begins and never ends', { timeout: 30_000 }, async () => {
  const url = keep(
    await startPlain((_, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' })
      response.write('{"ok":')
    }),
  )
  const diagnosis = await examine(url, { origin: ORIGIN })
  expect(errorsOf(diagnosis)).toContain('answer-never-ends')
  expect(finding(diagnosis, 'answer-never-ends').whose).toBe('server')
})

it('a page on https cannot call a proxy on plain http', async () => {
  const consoleUrl = keep(await startInMemory())
  const found = finding(
    await examine(consoleUrl, { proxyUrl: 'http://proxy.invalid/ops' }),
    'proxy-mixed-content',
  )
  expect(found.whose).toBe('customer page')
  expect(found.fix).toBe('data-ops-proxy-url="https://proxy.invalid/ops"')
})

it('a secret is not looked at while signing is switched off, and the report says so', async () => {
  const diagnosis = await before({}, { CALL_EVENT_SIGNING_DISABLED: '1' })
  expect(finding(diagnosis, 'secret-not-checked').severity).toBe('ok')
  expect(diagnosis.findings.map(({ id }) => id)).not.toContain('secret-good')
})
