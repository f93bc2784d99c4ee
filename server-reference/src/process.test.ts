import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { openEmbedded } from './store/embedded.js'
import { event } from './testing/call.js'
import { rawRequest } from './testing/raw-request.js'
import { buildServer, type BuiltServer, type ServerProcess } from './testing/server-process.js'
import { SITE, signed } from './testing/sign.js'

const SEED = { SEED_SITES: `${SITE.publicId}:${SITE.secret}` }
const TOKEN = 'live-token-of-this-test'
const ORIGIN = 'http://127.0.0.1:4001'
const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='

let built: BuiltServer
let server: ServerProcess

beforeAll(async () => {
  built = await buildServer()
  server = await built.start({ ...SEED, LIVE_TOKEN: TOKEN, LOG_LEVEL: 'debug' })
}, 60_000)
afterAll(() => built.remove())

const post = (url: string, body: string, headers: Record<string, string> = {}) =>
  fetch(`${url}/api/call-event/v2`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json', ...signed(body), ...headers },
  })

const head = (lines: Record<string, string>, start = 'GET /api/live HTTP/1.1'): string =>
  [start, ...Object.entries({ Host: 'x', ...lines }).map(([k, v]) => `${k}: ${v}`), '', ''].join(
    '\r\n',
  )
const UPGRADE = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': KEY,
}

it('stdout has the token and then one line with the URL, and nothing else', () => {
  expect(server.stdout()).toBe(
    `OpsMantik live token: ${TOKEN}\nOpsMantik reference server ready: ${server.url}\n`,
  )
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
})

it('a signed event over the socket is recorded', async () => {
  const response = await post(server.url, event())
  expect(response.status).toBe(200)
  expect(await response.json()).toMatchObject({ status: 'unmatched' })
})

it('a body that grows beyond 65,536 bytes is refused while it is still being sent', async () => {
  const start = head(
    { 'Transfer-Encoding': 'chunked', 'Content-Type': 'application/json' },
    'POST /api/call-event/v2 HTTP/1.1',
  )
  const chunk = `10001\r\n${'x'.repeat(65_537)}\r\n`
  const answer = await rawRequest(server.url, start + chunk)
  expect(answer).toMatch(/^HTTP\/1\.1 413 /)
  expect(answer).toContain('"PAYLOAD_TOO_LARGE"')
})

it('a signature header that arrives twice is malformed, even if both are right', async () => {
  const body = event()
  const headers = signed(body)
  const start = head(
    { ...headers, 'Content-Type': 'text/plain', 'Content-Length': String(body.length) },
    'POST /api/call-event/v2 HTTP/1.1',
  )
  const twice = start.replace(
    '\r\n\r\n',
    `\r\nX-Ops-Signature: ${headers['X-Ops-Signature']}\r\n\r\n`,
  )
  expect(await rawRequest(server.url, twice + body)).toContain('"SIGNATURE_REQUIRED"')
  expect(await rawRequest(server.url, start + body)).toContain('"unmatched"')
})

it.each([
  ['no HTTP at all', 'hello\r\n\r\n', 400, 'BAD_REQUEST'],
  ['no Host', 'GET /api/health HTTP/1.1\r\n\r\n', 400, 'BAD_REQUEST'],
  ['a Host that is none', 'GET /api/health HTTP/1.1\r\nHost: a b\r\n\r\n', 400, 'BAD_REQUEST'],
  ['headers over 16 KiB', head({ X: 'x'.repeat(17_000) }), 431, 'HEADERS_TOO_LARGE'],
  [
    'two lengths',
    head({ 'Content-Length': '1', 'Transfer-Encoding': 'chunked' }, 'POST /api/sync HTTP/1.1'),
    400,
    'BAD_REQUEST',
  ],
])('%s is refused in JSON with a request id', async (_, request, status, code) => {
  const answer = await rawRequest(server.url, request)
  expect(answer).toContain(`HTTP/1.1 ${status} `)
  expect(answer).toMatch(/x-request-id: [\w-]+/i)
  expect(JSON.parse(answer.split('\r\n\r\n')[1]!)).toMatchObject({ code })
})

it('an upgrade that the server does not speak is ignored: the request is answered', async () => {
  const body = event()
  const request = head(
    {
      ...signed(body),
      'Content-Type': 'application/json',
      'Content-Length': String(body.length),
      Connection: 'Upgrade, HTTP2-Settings',
      Upgrade: 'h2c',
      'HTTP2-Settings': 'AAMAAABk',
    },
    'POST /api/call-event/v2 HTTP/1.1',
  )
  expect(await rawRequest(server.url, request + body)).toContain('"unmatched"')
})

it.each([
  ['no origin', {}, 403, 'ORIGIN_REQUIRED'],
  ['another origin', { Origin: 'https://evil.example' }, 403, 'ORIGIN_NOT_ALLOWED'],
  ['no token', { Origin: ORIGIN }, 401, 'LIVE_TOKEN_REQUIRED'],
  [
    'a wrong token',
    { Origin: ORIGIN, 'Sec-WebSocket-Protocol': 'ops.live.v1, token.x' },
    401,
    'LIVE_TOKEN_REQUIRED',
  ],
  [
    'an old version',
    { Origin: ORIGIN, 'Sec-WebSocket-Protocol': `token.${TOKEN}`, 'Sec-WebSocket-Version': '8' },
    426,
    'UPGRADE_REQUIRED',
  ],
])(
  'a live reader with %s is refused in the handshake, in JSON',
  async (_, headers, status, code) => {
    const answer = await rawRequest(
      server.url,
      head({ ...UPGRADE, ...(headers as Record<string, string>) }),
    )
    expect(answer).toContain(`HTTP/1.1 ${status} `)
    expect(JSON.parse(answer.split('\r\n\r\n')[1]!)).toMatchObject({ code })
  },
)

const reader = (query = '', protocols = ['ops.live.v1', `token.${TOKEN}`], origin = ORIGIN) => {
  const url = `${server.url.replace('http', 'ws')}/api/live${query}`
  const socket = new WebSocket(url, protocols, { origin })
  const messages: Record<string, unknown>[] = []
  socket.on('message', (data) => messages.push(JSON.parse(String(data)) as Record<string, unknown>))
  const opened = new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject))
  return { socket, messages, opened }
}
const soon = async (isTrue: () => boolean): Promise<void> => {
  for (let tries = 0; tries < 200 && !isTrue(); tries++)
    await new Promise((resolve) => setTimeout(resolve, 10))
}

it('a reader with origin and token gets ops.live.v1, calls, refusals, and later what it missed', async () => {
  const first = reader()
  await first.opened
  expect(first.socket.protocol).toBe('ops.live.v1')
  const answer = (await (await post(server.url, event())).json()) as { call_id: string }
  await post(server.url, event(), { Origin: 'https://evil.example' })
  await soon(() => first.messages.length >= 2)
  expect(first.messages).toMatchObject([
    { type: 'call', call_id: answer.call_id },
    { type: 'refused', code: 'ORIGIN_NOT_ALLOWED', origin: 'https://evil.example' },
  ])
  first.socket.terminate()
  const missed = (await (await post(server.url, event())).json()) as { call_id: string }
  const second = reader(
    `?after=${String(first.messages[1]!.id)}`,
    ['ops.live.v1', `token.${TOKEN}`],
    server.url,
  )
  await second.opened
  await soon(() => second.messages.length > 0)
  expect(second.messages).toMatchObject([{ type: 'call', call_id: missed.call_id }])
  second.socket.terminate()
})

it('?token= is enough for curl, and is in no log line', async () => {
  const { socket, opened } = reader(`?token=${TOKEN}`, [])
  await opened
  socket.terminate()
  await fetch(`${server.url}/api/live?token=${TOKEN}x`, { headers: { Origin: ORIGIN } })
  expect(server.stderr()).toContain('LIVE_TOKEN_REQUIRED')
  expect(server.stderr()).not.toContain(TOKEN)
})

it('every event that was acknowledged before kill -9 is found exactly once afterwards', async () => {
  const DATA_DIR = join(built.folder, 'killed')
  const victim = await built.start({
    ...SEED,
    DATA_DIR,
    RATE_LIMIT_V2: '1000000',
    RATE_LIMIT_COARSE: '1000000',
    RATE_LIMIT_ADDRESS: '1000000',
    RATE_LIMIT_SITE: '1000000',
  })
  const acknowledged: string[] = []
  let running = true
  const client = async (): Promise<void> => {
    while (running) {
      const event_id = randomUUID()
      try {
        const response = await post(victim.url, event({ event_id }))
        if (response.status === 200 && (await response.json())) acknowledged.push(event_id)
      } catch {
        return
      }
    }
  }
  const clients = Array.from({ length: 8 }, client)
  await soon(() => acknowledged.length > 200)
  victim.kill('SIGKILL')
  running = false
  await Promise.all([...clients, victim.finished])
  expect(acknowledged.length).toBeGreaterThan(200)

  const database = await openEmbedded(DATA_DIR)
  const rows = await database.query<{ event_id: string; n: number }>(
    'owner',
    'select event_id, count(*)::int n from public.calls group by event_id',
  )
  await database.close()
  const found = new Map(rows.map(({ event_id, n }) => [event_id, n]))
  expect(acknowledged.filter((id) => found.get(id) !== 1)).toEqual([])
}, 60_000)

it('SIGTERM: what is in flight is answered, readers are told, the exit code is 0, and the data is there again', async () => {
  const DATA_DIR = join(built.folder, 'stopped')
  const first = await built.start({ ...SEED, DATA_DIR })
  const body = event()
  const start = head(
    { ...signed(body), 'Content-Type': 'application/json', 'Content-Length': String(body.length) },
    'POST /api/call-event/v2 HTTP/1.1',
  )
  // Half a request is in flight when the signal comes; its other half arrives after.
  const socket = connect(Number(new URL(first.url).port), '127.0.0.1')
  let answer = ''
  socket.on('data', (bytes) => (answer += String(bytes)))
  socket.write(start + body.slice(0, 10))
  await new Promise((resolve) => setTimeout(resolve, 200))
  first.kill('SIGTERM')
  await new Promise((resolve) => setTimeout(resolve, 200))
  await expect(fetch(`${first.url}/api/health`)).rejects.toThrow()
  socket.write(body.slice(10))
  const { code } = await first.finished
  expect(answer).toContain('"unmatched"')
  expect(code).toBe(0)

  const second = await built.start({ ...SEED, DATA_DIR })
  const again = await post(second.url, body)
  expect(await again.json()).toMatchObject({ status: 'noop' })

  const third = await built.run([], { DATA_DIR })
  expect(third.code).toBe(1)
  expect(third.stderr).toMatch(/belongs to a running server, process \d+/)
  second.kill('SIGINT')
  expect((await second.finished).code).toBe(0)
}, 60_000)
