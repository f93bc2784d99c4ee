import { EXPOSED_HEADERS, HEALTH, REQUEST_ID_HEADER, SYNC } from '@opsmantik/tracker/contract'
import { must, Nonconformance, NotSeen, section, type Check } from '../check.js'
import { asObject, type Exchange } from '../../probe/exchange.js'
import { expectCors, expectNoCors, expectRefusal, expectVary, listOf } from '../expect.js'
import { readRawResponse, type RawResponse } from '../../probe/raw-response.js'
import { searchForLeaks } from './leaks.js'
import { FOREIGN, type Server } from './server.js'

/** Milliseconds for the refusal of a malformed request. */
const SOON_MS = 5_000
/** Milliseconds for the refusal of a request that takes over 15 s. */
const SLOW_MS = 20_000

interface RawRequest {
  method: string
  path: string
  headers?: Record<string, string>
  version?: '1.0' | '1.1'
  /** What follows the header fields: an empty line and the body, or less. */
  rest?: string
}

/** Sends what no HTTP client sends, over a connection of its own. */
const sendRaw = async (
  server: Server,
  { method, path, headers = {}, version = '1.1', rest = '\r\n' }: RawRequest,
  ms: number,
): Promise<Exchange> => {
  const { converse, url } = server.options
  if (!converse) throw new NotSeen('needs a socket of Node.js: a browser and `fetch` have none')
  const target = new URL(url + path)
  const fields = version === '1.0' ? headers : { Host: target.host, ...headers }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  const raw = `${method} ${target.pathname} HTTP/${version}\r\n${lines.join('')}${rest}`
  server.traces.requests++
  const said = await converse(url, raw, ms)
  const response = readRawResponse(said, true)
  const request = { method, url: target.href, headers: fields, raw }
  const seen = { request, ...(response ?? nothing(said)), json: asObject(response?.text ?? '') }
  searchForLeaks(server.options, server.traces, seen)
  if (!response)
    throw new Nonconformance(
      said === ''
        ? `no response came within ${ms / 1000} s, or the connection was closed without one`
        : 'what came back is not HTTP',
      [seen],
    )
  return seen
}

/** What came back and is not HTTP. */
const nothing = (text: string): RawResponse => ({ status: 0, headers: new Headers(), text })

const from = (origin: string, id: string = crypto.randomUUID()): Record<string, string> => ({
  Origin: origin,
  [REQUEST_ID_HEADER]: id,
})

const malformed = (server: Server, origin: string, length = 'many'): Promise<Exchange> =>
  sendRaw(
    server,
    { method: 'POST', path: SYNC, headers: { ...from(origin), 'Content-Length': length } },
    SOON_MS,
  )

const tooLarge = (server: Server, origin: string): Promise<Exchange> =>
  sendRaw(
    server,
    {
      method: 'POST',
      path: SYNC,
      headers: { ...from(origin), 'X-Padding': 'x'.repeat(20_000), 'Content-Length': '2' },
      rest: '\r\n{}',
    },
    SOON_MS,
  )

/** A refusal that a page of the allowed origin can read, and find in the server's log. */
const expectReadable = (x: Exchange, origin: string, why: string): void => {
  expectCors(x, origin, why)
  expectVary(x, why)
  const exposed = listOf(x.headers.get('access-control-expose-headers'))
  for (const name of listOf(EXPOSED_HEADERS))
    must(exposed.includes(name), `${why} does not expose ${name}`, x)
  const sent = x.request.headers[REQUEST_ID_HEADER]
  const id = x.headers.get(REQUEST_ID_HEADER)
  must(id === sent, `${why}: X-Request-Id should be ${sent}, is ${id ?? 'missing'}`, x)
}

const CAUSE =
  'The HTTP library, or a gateway before the server, writes this response by itself: a page sees a CORS error.'

const refusals: Check<Server>[] = section(2, [
  {
    id: 'socket.bad-request',
    title: 'A malformed request gets 400 in JSON, readable for its page and with its X-Request-Id',
    cause: CAUSE,
    async run(server) {
      for (const length of ['many', '+2', '-1', '0x2']) {
        const answer = await malformed(server, server.origin, length)
        expectRefusal(answer, 400, 'BAD_REQUEST', `Content-Length: ${length}`)
        expectReadable(answer, server.origin, 'the 400 of a malformed request')
      }
    },
  },
  {
    id: 'socket.headers-too-large',
    title:
      'Headers over 16 KiB get 431 in JSON, readable for their page and with their X-Request-Id',
    cause: CAUSE,
    async run(server) {
      const answer = await tooLarge(server, server.origin)
      expectRefusal(answer, 431, 'HEADERS_TOO_LARGE', '20,000 characters of headers')
      expectReadable(answer, server.origin, 'the 431')
    },
  },
  {
    id: 'socket.denied-origin',
    title: 'The 400 and 431 of the socket layer have no CORS headers for a denied origin, but Vary',
    cause: 'The origin of the request is repeated without a look at the allowlist.',
    async run(server) {
      for (const [why, send] of [
        ['the 400 of a malformed request', malformed],
        ['the 431', tooLarge],
      ] as const) {
        const answer = await send(server, FOREIGN)
        expectNoCors(answer, `${why}, for ${FOREIGN}`)
        expectVary(answer, why)
      }
    },
  },
  {
    id: 'socket.timeout',
    title:
      'A request that takes over 15 s gets 408 in JSON, readable for its page if its head was whole',
    cause: `${CAUSE} Or there is no time limit, and slow clients use up all connections.`,
    isSlow: true,
    async run(server) {
      if (!server.options.slow) throw new NotSeen('takes 16 s: needs --slow')
      const slow = (rest: string, origin: string): Promise<Exchange> =>
        sendRaw(
          server,
          {
            method: 'POST',
            path: SYNC,
            headers: { ...from(origin), 'Content-Type': 'application/json', 'Content-Length': '9' },
            rest,
          },
          SLOW_MS,
        )
      const [body, head, denied] = await Promise.all([
        slow('\r\n{', server.origin),
        slow('', server.origin),
        slow('', FOREIGN),
      ])
      for (const [answer, why] of [
        [body, 'a body that does not arrive'],
        [head, 'a head that does not end'],
        [denied, 'a head that does not end, from a denied origin'],
      ] as const) {
        expectRefusal(answer, 408, 'REQUEST_TIMEOUT', why)
        expectVary(answer, `the 408 of ${why}`)
        must(answer.headers.get(REQUEST_ID_HEADER), `the 408 of ${why}: no X-Request-Id`, answer)
      }
      expectReadable(body, server.origin, 'the 408 of a body that does not arrive')
      expectNoCors(denied, 'the 408 of a denied origin')
    },
  },
])

const health: Check<Server>[] = section(11, [
  {
    id: 'health.http-1-0',
    level: 'SHOULD',
    title: 'GET /api/health of HTTP/1.0, which has no Host, is 200',
    cause: 'Host is required of every version: old load balancers take the server for dead.',
    async run(server) {
      const answer = await sendRaw(server, { method: 'GET', path: HEALTH, version: '1.0' }, SOON_MS)
      must(answer.status === 200, `health got ${answer.status}`, answer)
      must(answer.json['ok'] === true, `ok is ${String(answer.json['ok'])}`, answer)
    },
  },
])

/** Checks of what a server's socket layer answers by itself. They need `converse`. */
export const sockets: Check<Server>[] = [...refusals, ...health]
