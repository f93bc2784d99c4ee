import { createHash } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { afterEach, expect, it } from 'vitest'
import type { Diagnosis, DoctorOptions } from '../../cli/src/doctor/index.js'
import { examine, errorsOf, expectErrors, finding, warningsOf } from './support/expect.js'
import { startGateway, type GatewayFaults } from './support/gateway.js'
import { LIVE_TOKEN, ORIGIN, startInMemory, type TestServer } from './support/server.js'

const started: TestServer[] = []
afterEach(async () => {
  for (const one of started.splice(0).toReversed()) await one.stop()
})

const token = { liveTokenEnv: 'TOKEN', env: { TOKEN: LIVE_TOKEN } }

const behind = async (
  upgrade: GatewayFaults['upgrade'] | undefined,
  more: Partial<DoctorOptions> = {},
  env: Record<string, string> = {},
): Promise<Diagnosis> => {
  const server = await startInMemory(env)
  started.push(server)
  const gateway = await startGateway(server.url, upgrade ? { upgrade } : {})
  started.push(gateway)
  return examine(gateway.url, more)
}

/** Opens the WebSocket as a server does, and then does something. */
const opened =
  (then: (socket: Duplex) => void, accept?: string): GatewayFaults['upgrade'] =>
  (request, socket) => {
    const key = request.headers['sec-websocket-key'] ?? ''
    const right = createHash('sha1')
      .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept ?? right}\r\n\r\n`,
    )
    then(socket)
  }

const closing = (code: number, reason: string): GatewayFaults['upgrade'] =>
  opened((socket) => {
    const payload = Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)])
    socket.write(Buffer.concat([Buffer.from([0x88, payload.length]), payload]))
  })

const answering =
  (head: string, body: string): GatewayFaults['upgrade'] =>
  (_, socket) =>
    void socket.end(`HTTP/1.1 ${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`)

it('without a token 401 is as it should be: the origin was let through', async () => {
  const diagnosis = await behind(undefined)
  expect(errorsOf(diagnosis)).toEqual([])
  expect(finding(diagnosis, 'live-good').title).toContain('asks for its token')
})

it('with the right token it opens, with a wrong one it does not', async () => {
  expect(finding(await behind(undefined, token), 'live-good').title).toContain('stays open')
  const found = expectErrors(
    await behind(undefined, { ...token, env: { TOKEN: 'no-such-token' } }),
    'live-token-wrong',
  )
  expect(found.whose).toBe('secret')
})

it('opened and then closed with 1008: the origin is checked against another list', async () => {
  const found = expectErrors(await behind(closing(1008, 'Origin not allowed')), 'live-closed-1008')
  expect(found.whose).toBe('allowlist')
  expect(found.title).toContain('another list than the one for events')
  expect(found.fix!.split('\n')[0]).toBe(`ALLOWED_ORIGINS=<…keep what is there>,${ORIGIN}`)
  expect(found.fix).toContain('FRONTEND_URL')
  expect(found.request).toContain("-H 'Upgrade: websocket'")
})

it('refused with 403 in the handshake, which browsers report as 1006, while events are allowed', async () => {
  const body = '{"error":"Origin not allowed","code":"ORIGIN_NOT_ALLOWED"}'
  const found = expectErrors(
    await behind(answering('403 Forbidden\r\nContent-Type: application/json', body)),
    'live-lists-differ',
  )
  expect(found.whose).toBe('allowlist')
  expect(found.title).toContain('1006')
})

it('opened and then closed with 1013 is a warning about load', async () => {
  const diagnosis = await behind(closing(1013, 'try again later'))
  expect(errorsOf(diagnosis)).toEqual([])
  expect(warningsOf(diagnosis)).toEqual(['live-closed-1013'])
  expect(finding(diagnosis, 'live-closed-1013').whose).toBe('server')
})

it('opened and then closed with 1008 and no reason', async () => {
  expectErrors(await behind(closing(1008, '')), 'live-closed-1008')
})

it('opened and closed with any other code', async () => {
  const found = expectErrors(await behind(closing(1011, '')), 'live-closed')
  expect(found.title).toContain('1011 (the server failed)')
})

it('opened and cut without a close frame', async () => {
  const found = expectErrors(await behind(opened((socket) => void socket.end())), 'live-dropped')
  expect(found.whose).toBe('gateway')
})

it('an accept header that does not belong to the key', async () => {
  const found = expectErrors(
    await behind(opened(() => {}, 'bm90IHRoZSByaWdodCBvbmUgYXQgYWxs')),
    'live-handshake-invalid',
  )
  expect(found.title).toContain('Sec-WebSocket-Accept')
})

it('a feed that opens without a token', async () => {
  expectErrors(await behind(opened(() => {})), 'live-open-without-token')
})

it('a gateway that does not pass the upgrade on', async () => {
  const strip: GatewayFaults['there'] = ({ headers }) => {
    delete headers['upgrade']
  }
  const server = await startInMemory()
  started.push(server)
  const gateway = await startGateway(server.url, {
    there: strip,
    upgrade: (request, socket) => {
      const { origin, 'sec-websocket-protocol': protocols } = request.headers
      void fetch(`${server.url}/api/live`, {
        headers: { Origin: String(origin), 'Sec-WebSocket-Protocol': String(protocols) },
      }).then(async (answer) => {
        const body = await answer.text()
        socket.end(
          `HTTP/1.1 ${answer.status} X\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        )
      })
    },
  })
  started.push(gateway)
  const found = expectErrors(await examine(gateway.url, token), 'live-upgrade-stripped')
  expect(found.whose).toBe('gateway')
  expect(found.fix).toContain('proxy_set_header Upgrade $http_upgrade')
})

it.each([
  ['200 OK', 'live-upgrade-refused'],
  ['400 Bad Request', 'live-upgrade-refused'],
  ['403 Forbidden', 'live-upgrade-refused'],
  ['426 Upgrade Required', 'live-upgrade-stripped'],
  ['502 Bad Gateway', 'live-upgrade-refused'],
])('a gateway that answers the handshake with %s and a page of HTML', async (head, id) => {
  const found = expectErrors(
    await behind(answering(`${head}\r\nContent-Type: text/html`, '<html>sorry')),
    id,
  )
  expect(found.whose).toBe('gateway')
  expect(found.fix).toContain('proxy_set_header Upgrade $http_upgrade')
})

it('a handshake that is redirected, and one that is not answered', async () => {
  expectErrors(
    await behind(answering('301 Moved\r\nLocation: https://elsewhere.example/', '')),
    'live-redirected',
  )
  const found = expectErrors(await behind(() => {}), 'live-no-answer')
  expect(found.whose).toBe('gateway')
})

it('a feed that is switched off is no trouble', async () => {
  const server = await startInMemory({}, { liveToken: null })
  started.push(server)
  const diagnosis = await examine(server.url)
  expect(errorsOf(diagnosis)).toEqual([])
  expect(finding(diagnosis, 'live-off').severity).toBe('ok')
})

it('a feed that opens for every origin', async () => {
  const diagnosis = await behind((request, _, pass) => {
    request.headers.origin = ORIGIN
    const at = request.rawHeaders.findIndex((name) => name.toLowerCase() === 'origin')
    request.rawHeaders[at + 1] = ORIGIN
    pass()
  }, token)
  const found = expectErrors(diagnosis, 'live-origin-not-enforced')
  expect(found.whose).toBe('server')
})
