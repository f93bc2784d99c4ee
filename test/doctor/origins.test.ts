import { afterEach, expect, it } from 'vitest'
import { examine, errorsOf, expectErrors, finding, warningsOf } from './support/expect.js'
import { startPlain } from './support/gateway.js'
import { ORIGIN, startInMemory, startReference, type TestServer } from './support/server.js'

let server: TestServer | undefined
afterEach(() => server?.stop())

const APEX = 'https://customer.example'
const ADDED = `ALLOWED_ORIGINS=<…keep what is there>,${ORIGIN}`

it('the list has the apex and the page is on www', async () => {
  server = await startInMemory({ ALLOWED_ORIGINS: `https://other.example,${APEX}` })
  const diagnosis = await examine(server.url)
  const found = expectErrors(diagnosis, 'origin-not-listed', 'live-origin-refused')
  expect(found.whose).toBe('allowlist')
  expect(found.title).toBe(
    `${ORIGIN} is not in the list of allowed origins; ${APEX} is (without www): each is an origin of its own`,
  )
  expect(found.fix!.split('\n')[0]).toBe(ADDED)
  expect(found.fix).toContain('redeploy or restart')
  expect(found.check).toContain(`-H 'Origin: ${ORIGIN}'`)
  const live = finding(diagnosis, 'live-origin-refused')
  expect(live.whose).toBe('allowlist')
  expect(live.title).toContain('1006')
  expect(live.fix!.split('\n')[0]).toBe(ADDED)
})

it('the list has www and the page is on the apex', async () => {
  server = await startInMemory({ ALLOWED_ORIGINS: ORIGIN })
  const found = expectErrors(
    await examine(server.url, { origin: APEX }),
    'origin-not-listed',
    'live-origin-refused',
  )
  expect(found.title).toContain(`${ORIGIN} is (with www)`)
  expect(found.fix!.split('\n')[0]).toBe(`ALLOWED_ORIGINS=<…keep what is there>,${APEX}`)
})

it('the list has http, or a port, and the page has https and none', async () => {
  server = await startInMemory({
    ALLOWED_ORIGINS: 'http://www.customer.example,https://www.customer.example:8443',
  })
  const found = expectErrors(await examine(server.url), 'origin-not-listed', 'live-origin-refused')
  expect(found.title).toContain('http://www.customer.example is (http, not https)')
  await server.stop()
  server = await startInMemory({ ALLOWED_ORIGINS: ORIGIN })
  const other = expectErrors(
    await examine(server.url, { origin: `${ORIGIN}:8443` }),
    'origin-not-listed',
    'live-origin-refused',
  )
  expect(other.title).toContain(`${ORIGIN} is (another port)`)
})

it('nothing like it is in the list', async () => {
  server = await startInMemory({ ALLOWED_ORIGINS: 'https://other.example' })
  const found = expectErrors(await examine(server.url), 'origin-not-listed', 'live-origin-refused')
  expect(found.title).toBe(`${ORIGIN} is not in the list of allowed origins`)
})

it('after a change of domain the old one is still there: a stale variable', async () => {
  server = await startInMemory({ ALLOWED_ORIGINS: 'https://old.example' })
  const found = expectErrors(
    await examine(server.url, { oldOrigins: ['https://old.example'] }),
    'origin-not-listed',
    'live-origin-refused',
  )
  expect(found.title).toContain('the old https://old.example still is')
  expect(found.fix!.split('\n')[0]).toBe(ADDED)
  expect(found.fix).toContain('a running server keeps the old list')
})

it('the entry has ended', async () => {
  server = await startInMemory({ ALLOWED_ORIGINS: `https://o.example,${ORIGIN};until=2020-01-31` })
  const diagnosis = await examine(server.url)
  const found = expectErrors(diagnosis, 'origin-not-listed', 'live-origin-refused')
  expect(found.fix).toContain('entry 2 ended on 2020-01-31')
  expect(finding(diagnosis, 'origin-list-ending').whose).toBe('allowlist')
})

it('an entry that ends soon is a warning', async () => {
  const soon = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10)
  server = await startInMemory({ ALLOWED_ORIGINS: `${ORIGIN};until=${soon}` })
  const diagnosis = await examine(server.url)
  expect(errorsOf(diagnosis)).toEqual([])
  expect(warningsOf(diagnosis)).toEqual(['origin-list-ending'])
  expect(diagnosis.exitCode).toBe(0)
})

it('a list with *', async () => {
  server = await startReference({ ALLOWED_ORIGINS: '*' })
  const diagnosis = await examine(server.url)
  const found = expectErrors(diagnosis, 'origin-reflected')
  expect(found.whose).toBe('allowlist')
  expect(found.fix).toMatch(/^ALLOWED_ORIGINS=https:\/\/www\.customer\.example,<…/)
})

it('signatures switched off', async () => {
  server = await startReference({ CALL_EVENT_SIGNING_DISABLED: '1' })
  const diagnosis = await examine(server.url)
  expect(errorsOf(diagnosis)).toEqual([])
  expect(warningsOf(diagnosis)).toEqual(['signing-disabled'])
  expect(finding(diagnosis, 'signing-disabled').fix).toContain('CALL_EVENT_SIGNING_DISABLED=1')
})

it('a server of another make that refuses in its own words, with a 500', async () => {
  server = await startPlain((request, response) => {
    const health = request.url === '/api/health'
    response.writeHead(health ? 200 : 500, {
      'content-type': health ? 'application/json' : 'text/html',
    })
    response.end(health ? '{"ok":true}' : '<pre>Error: Not allowed by CORS<br> at cors.js:12</pre>')
  })
  const diagnosis = await examine(server.url)
  const found = finding(diagnosis, 'origin-not-listed')
  expect(diagnosis.verdict).toContain(found.title)
  expect(found.fix!.split('\n')[0]).toBe(ADDED)
})

it('a server that is silent about origins it does not know, but knows the apex', async () => {
  server = await startPlain((request, response) => {
    const health = request.url === '/api/health'
    if (request.headers.origin === APEX) {
      response.setHeader('Access-Control-Allow-Origin', APEX)
      response.setHeader(
        'Access-Control-Allow-Headers',
        'content-type, x-ops-site-id, x-ops-ts, x-ops-signature',
      )
    }
    response.writeHead(health ? 200 : request.method === 'OPTIONS' ? 200 : 401, {
      'content-type': 'application/json',
    })
    response.end(health ? '{"ok":true}' : '{"error":"Unauthorized"}')
  })
  const found = finding(await examine(server.url), 'origin-not-listed')
  expect(found.title).toContain(`${APEX} is (without www)`)
})

it('a server that answers everybody with the old domain', async () => {
  server = await startPlain((request, response) => {
    response.setHeader('Access-Control-Allow-Origin', 'https://old.example')
    response.setHeader('Access-Control-Allow-Headers', '*')
    response.setHeader('content-type', 'application/json')
    const health = request.url === '/api/health'
    response.writeHead(health ? 200 : request.method === 'OPTIONS' ? 204 : 401)
    response.end(
      request.method === 'OPTIONS'
        ? undefined
        : health
          ? '{"ok":true}'
          : '{"error":"Unauthorized"}',
    )
  })
  const found = finding(await examine(server.url), 'cors-answers-fixed-origin')
  expect(found.whose).toBe('allowlist')
  expect(found.title).toContain('https://old.example')
  expect(found.fix!.split('\n')[0]).toBe(ADDED)
})

it('a server that compares ends of names lets look-alikes in', async () => {
  server = await startPlain((request, response) => {
    const { origin } = request.headers
    if (origin?.endsWith('customer.example'))
      response.setHeader('Access-Control-Allow-Origin', origin)
    response.setHeader('Access-Control-Allow-Headers', '*')
    response.setHeader('content-type', 'application/json')
    const health = request.url === '/api/health'
    response.writeHead(health ? 200 : request.method === 'OPTIONS' ? 204 : 401)
    response.end(
      request.method === 'OPTIONS'
        ? undefined
        : health
          ? '{"ok":true}'
          : '{"error":"Unauthorized"}',
    )
  })
  const found = finding(await examine(server.url), 'origin-match-too-loose')
  expect(found.whose).toBe('server')
  expect(found.title).toContain('opsmantik-doctor-customer.example')
  expect(found.fix).toContain('new URL(entry).origin === origin')
})

it('a POST that is checked against another list than the preflight', async () => {
  server = await startPlain((request, response) => {
    const health = request.url === '/api/health'
    response.setHeader('content-type', 'application/json')
    const { origin } = request.headers
    if (request.method === 'OPTIONS' && origin === ORIGIN) {
      response.setHeader('Access-Control-Allow-Origin', origin)
      response.setHeader('Access-Control-Allow-Headers', '*')
      response.writeHead(204)
      return void response.end()
    }
    response.writeHead(health ? 200 : origin ? 403 : 401)
    response.end(
      health
        ? '{"ok":true}'
        : origin
          ? '{"error":"Origin not allowed"}'
          : '{"error":"Unauthorized"}',
    )
  })
  const found = finding(await examine(server.url), 'origin-lists-differ')
  expect(found.whose).toBe('allowlist')
  expect(found.fix!.split('\n')[0]).toBe(ADDED)
})
