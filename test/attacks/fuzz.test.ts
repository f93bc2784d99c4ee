import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { event, pageEvent } from '../../server-reference/src/testing/call.js'
import { ORIGIN, SITE, signed } from '../../server-reference/src/testing/sign.js'
import { exchangeBytes } from './support/exchange-bytes.js'
import { launchServer, type Launched } from './support/launch-server.js'

const INPUTS = 10_000
const AT_ONCE = 24
const TOKEN = 'live-token-of-the-attacks'
const MANY = '1000000000'

const PATHS = [
  '/api/call-event',
  '/api/call-event/v2',
  '/api/sync',
  '/api/health',
  '/api/live',
  '/api/calls',
  '/openapi.json',
  '/docs',
  '/metrics',
  '/assets/core.js',
  '/',
  '/console/console.js',
  '/inspect/fuzz',
  '/inspect/fuzz/events',
  '/inspect/fuzz/faults',
  '/inspect/fuzz/clock',
  '/inspect/fuzz/server/api/call-event/v2',
  '/inspect/fuzz/server/api/health',
  '/inspect/fuzz/proxy',
  '/inspect/none/events',
]
const METHODS = 'GET HEAD POST PUT DELETE PATCH OPTIONS TRACE PROPFIND M-SEARCH'.split(' ')
const HEADERS = (
  'Origin Host Content-Type Content-Encoding Content-Length Transfer-Encoding Connection Upgrade Expect Authorization ' +
  'X-Ops-Site-Id X-Ops-Ts X-Ops-Signature X-Ops-Proxy X-Ops-Proxy-Host X-Forwarded-For X-Request-Id User-Agent Range ' +
  'Sec-WebSocket-Key Sec-WebSocket-Version Sec-WebSocket-Protocol If-None-Match Cookie Accept Forwarded Te Trailer'
).split(' ')
const ODD_VALUES = [
  ORIGIN,
  'null',
  '*',
  'https://x\x9b31m',
  'localhost',
  '[::1]:80',
  'a b',
  '',
  '1',
  '-1',
  '99999999999999999999',
  'chunked',
  'gzip, chunked',
  'Upgrade',
  'websocket',
  'h2c',
  'close, Upgrade',
  '100-continue',
  '13',
  'dGhlIHNhbXBsZSBub25jZQ==',
  `ops.live.v1, token.${TOKEN}`,
  'token.',
  '::1, 10.0.0.1, evil',
  'application/json; charset=utf-16',
  '\xff\xfe',
  'x'.repeat(9_000),
]
const ODD_PATHS = [
  '',
  '/',
  '?',
  '?token=%00&after=-1',
  `?token=${TOKEN}&after=99999999999999999999`,
  '?after=1e9&wait=0',
  '?wait=NaN',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/..%5c..%5c',
  '/%00',
  '/%ff',
  '//',
  ';a=b',
  '%',
  '/__proto__',
  '/constructor',
  '#x',
  `/${'a'.repeat(3_000)}`,
]
const BODIES = [
  '',
  '{}',
  '[]',
  'null',
  '"x"',
  '{',
  '{"events":[]}',
  `{"events":[${Array.from({ length: 21 }, () => JSON.stringify(pageEvent())).join()}]}`,
  '{"__proto__":{"polluted":true}}',
  '{"status":99}',
  '{"offset":1e400}',
  '{"origins":["javascript:"]}',
  '{"siteId":"x","secret":""}',
  '{"times":1,"drop":"before"}',
  '['.repeat(30_000),
  `{"a":"${'\\u0000'.repeat(50)}"}`,
  '\xff\xfe\0',
  'x'.repeat(70_000),
]

const value = fc.oneof(
  fc.constantFrom(...ODD_VALUES),
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
)
const payload = fc.oneof(
  fc.constantFrom(...BODIES),
  fc.json(),
  fc.constant(0).map(() => event()),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
)
/** Whole requests, true to the form but for what is odd in them. */
const request = fc
  .record({
    method: fc.oneof(
      { weight: 9, arbitrary: fc.constant('POST') },
      { weight: 9, arbitrary: fc.constantFrom(...METHODS) },
      { weight: 1, arbitrary: value },
    ),
    path: fc.constantFrom(...PATHS),
    odd: fc.oneof(
      { weight: 3, arbitrary: fc.constant('') },
      { weight: 1, arbitrary: fc.constantFrom(...ODD_PATHS) },
    ),
    version: fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9'),
    headers: fc.array(fc.tuple(fc.constantFrom(...HEADERS), value), { maxLength: 6 }),
    isSigned: fc.boolean(),
    hasOrigin: fc.boolean(),
    hasLength: fc.boolean(),
    body: payload,
  })
  .map((made) => {
    const lines = [
      `${made.method} ${made.path}${made.odd} ${made.version}`,
      'Host: 127.0.0.1',
      'Content-Type: application/json',
      ...(made.hasOrigin ? [`Origin: ${ORIGIN}`] : []),
      ...(made.isSigned ? Object.entries(signed(made.body)).map((pair) => pair.join(': ')) : []),
      ...(made.hasLength ? [`Content-Length: ${Buffer.byteLength(made.body, 'latin1')}`] : []),
      ...made.headers.map((pair) => pair.join(': ')),
    ]
    return `${lines.join('\r\n')}\r\n\r\n${made.body}`
  })
/** No HTTP at all, or one that breaks off, or two in one. */
const garbage = fc.oneof(
  fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc.tuple(request, fc.nat(200)).map(([text, at]) => text.slice(0, at)),
  // Not HEAD: of several answers one cannot see which of them has no body.
  fc
    .tuple(request, request)
    .filter((two) => !two.some((one) => one.startsWith('HEAD ')))
    .map((two) => two.join('')),
)
const input = fc.oneof({ weight: 5, arbitrary: request }, { weight: 1, arbitrary: garbage })

let server: Launched
let url: string
beforeAll(async () => {
  server = launchServer({
    env: {
      SEED_SITES: `${SITE.publicId}:${SITE.secret}`,
      ALLOWED_ORIGINS: ORIGIN,
      LIVE_TOKEN: TOKEN,
      INSPECT: '1',
      LOG_LEVEL: 'error',
      RATE_LIMIT_COARSE: MANY,
      RATE_LIMIT_V1: MANY,
      RATE_LIMIT_V2: MANY,
      RATE_LIMIT_SYNC: MANY,
      RATE_LIMIT_ADDRESS: MANY,
      RATE_LIMIT_SITE: MANY,
    },
  })
  url = await server.ready
  await fetch(`${url}/inspect/fuzz`, { method: 'PUT', body: '{}' })
})
afterAll(() => server.kill())

/** Returns the fault of the responses to one input, or null. */
const problemOf = async (sent: string): Promise<string | null> => {
  const { answers, isClosed, rest } = await exchangeBytes(url, Buffer.from(sent, 'latin1'))
  if (!isClosed) return 'the connection neither ended nor was answered'
  // Frames of the feed follow its 101; a fault that the input itself asked for cuts an answer off.
  const isFeed = answers.at(-1)?.status === 101
  if (rest !== '' && !isFeed && !sent.includes('/inspect/'))
    return `a broken answer: ${rest.slice(0, 80)}`
  for (const { status, headers, body } of answers) {
    if (body.includes('INSPECT_FAULT')) continue
    if (!(status >= 101 && status < 500)) return `status ${status}: ${body.slice(0, 120)}`
    if (status === 101) {
      if (!sent.includes(TOKEN)) return 'a reader without the token'
      continue
    }
    if (status === 204 || status === 304 || body === '') continue
    const isJson = headers['content-type']?.includes('json') === true
    if (!isJson && (status !== 200 || !/text\/|javascript/.test(headers['content-type'] ?? '')))
      return `no JSON: ${status} ${headers['content-type']}`
    if (!isJson) continue
    const said = JSON.parse(body) as Record<string, unknown>
    if (status >= 400 && (typeof said.code !== 'string' || typeof said.error !== 'string'))
      return `not the contract's words: ${body.slice(0, 120)}`
    if (status >= 400 && !/^[\w.:=+/-]{1,128}$/.test(String(said.request_id)))
      return `no request id: ${body.slice(0, 120)}`
  }
  return null
}

it(`${INPUTS} bad inputs to every endpoint: no 5xx, always JSON, always an end, and the server is well`, async () => {
  const seed = Date.now()
  const inputs = fc.sample(input, { numRuns: INPUTS, seed })
  const problems: string[] = []
  let next = 0
  const work = async (): Promise<void> => {
    while (next < inputs.length && problems.length < 10) {
      const sent = inputs[next++]!
      const problem = await problemOf(sent)
      if (problem !== null) problems.push(`${problem}\n  ${JSON.stringify(sent.slice(0, 400))}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  expect(problems, `seed ${seed}`).toEqual([])
  expect(server.stderr()).not.toContain('unexpected')
  expect((await fetch(`${url}/api/health`)).status).toBe(200)
  const good = event()
  const recorded = await fetch(`${url}/api/call-event/v2`, {
    method: 'POST',
    body: good,
    headers: { 'Content-Type': 'application/json', ...signed(good) },
  })
  expect(await recorded.json()).toMatchObject({ status: 'unmatched' })
}, 600_000)
