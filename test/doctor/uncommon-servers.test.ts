import { gzipSync } from 'node:zlib'
import { createHash } from 'node:crypto'
import { afterEach, expect, it } from 'vitest'
import type { Diagnosis, DoctorOptions } from '../../cli/src/doctor/index.js'
import { examine, errorsOf, expectErrors, finding, warningsOf } from './support/expect.js'
import { startGateway, type GatewayFaults } from './support/gateway.js'
import { LIVE_TOKEN, ORIGIN, startInMemory, type TestServer } from './support/server.js'

const started: TestServer[] = []
afterEach(async () => {
  for (const one of started.splice(0).toReversed()) await one.stop()
})

const behind = async (
  faults: GatewayFaults,
  more: Partial<DoctorOptions> = {},
): Promise<Diagnosis> => {
  const server = await startInMemory()
  const gateway = await startGateway(server.url, faults)
  started.push(server, gateway)
  return examine(gateway.url, more)
}

const ALLOW = 'access-control-allow-origin'

it('a server that sends its whole list in one header', async () => {
  const found = expectErrors(
    await behind({
      back: ({ headers }) => {
        if (headers[ALLOW]) headers[ALLOW] = `https://other.example, ${ORIGIN}`
      },
    }),
    'cors-origin-list-sent',
  )
  expect(found.whose).toBe('server')
})

it('a cache that keeps the first origin’s preflight for everybody is not taken for a stale list', async () => {
  const found = expectErrors(
    await behind({
      back: (answer, { method }) => {
        if (method !== 'OPTIONS') return
        Object.assign(answer, { status: 204, body: '' })
        Object.assign(answer.headers, { [ALLOW]: 'https://first.example', age: '17' })
      },
    }),
    'cors-answers-another-origin',
  )
  expect(found.whose).toBe('gateway')
})

it('a cached health warns, and its old time is not taken for a wrong clock', async () => {
  const diagnosis = await behind({
    back: (answer, { path }) => {
      if (path !== '/api/health') return
      const { ts, ...rest } = JSON.parse(String(answer.body)) as { ts: number }
      answer.body = JSON.stringify({ ...rest, ts: ts - 4_000 })
      answer.headers['x-cache'] = 'Hit from cloudfront'
    },
  })
  expect(errorsOf(diagnosis)).toEqual([])
  expect(warningsOf(diagnosis)).toEqual(['health-cached'])
})

it('health alone behind a login is a warning while events are taken', async () => {
  const diagnosis = await behind({
    instead: ({ path }) =>
      path === '/api/health'
        ? { status: 401, headers: { 'content-type': 'text/html' }, body: '<html>login' }
        : undefined,
  })
  expect(errorsOf(diagnosis)).toEqual([])
  expect(warningsOf(diagnosis)).toEqual(['health-not-ours'])
})

it('a gateway that cuts /api from the path', async () => {
  const found = expectErrors(
    await behind({
      there: (asked) => {
        if (asked.path !== '/api/health') asked.path = asked.path.replace('/api', '')
      },
    }),
    'endpoint-missing',
  )
  expect(found.title).toContain('changes the path')
})

it('a gateway that makes GET of POST', async () => {
  const found = expectErrors(
    await behind({
      there: (asked) => {
        if (asked.method === 'POST') Object.assign(asked, { method: 'GET', body: '' })
      },
    }),
    'method-not-allowed',
  )
  expect(found.whose).toBe('gateway')
})

it('one endpoint with a list of its own', async () => {
  const found = expectErrors(
    await behind({
      instead: ({ path, method }) =>
        path === '/api/sync' && method !== 'GET'
          ? {
              status: 403,
              headers: { 'content-type': 'application/json', vary: 'Origin' },
              body: '{"error":"Origin not allowed","code":"ORIGIN_NOT_ALLOWED"}',
            }
          : undefined,
    }),
    'origin-lists-differ',
  )
  expect(found.whose).toBe('allowlist')
  expect(found.seen).not.toContain('call-event')
})

it('a server whose preflight knows the list, and whose POST does not', async () => {
  const found = expectErrors(
    await behind({
      there: ({ method, headers }) => {
        if (method === 'POST' && headers['origin'] === 'https://doctor.invalid')
          headers['origin'] = ORIGIN
      },
      back: ({ headers }, asked) => {
        if (asked.method === 'POST' && headers[ALLOW] && asked.headers['x-was-foreign'])
          delete headers[ALLOW]
      },
      instead: (asked) => {
        if (asked.headers['origin'] === 'https://doctor.invalid')
          asked.headers['x-was-foreign'] = '1'
        return undefined
      },
    }),
    'foreign-origin-not-refused',
  )
  expect(found.whose).toBe('server')
  expect(found.check).toContain('expect 403 and no Access-Control-*')
})

it('a server that wants a signature and does not look at it', async () => {
  const found = expectErrors(
    await behind({
      instead: ({ method, headers }) =>
        method === 'POST' && headers['x-ops-signature']
          ? {
              status: 400,
              headers: { 'content-type': 'application/json' },
              body: '{"error":"…","code":"INVALID_BODY"}',
            }
          : undefined,
    }),
    'signature-not-verified',
  )
  expect(found.whose).toBe('server')
})

it('a gateway that compresses what nobody asked it to is no trouble', async () => {
  const diagnosis = await behind({
    back: (answer) => {
      answer.body = gzipSync(answer.body)
      answer.headers['content-encoding'] = 'gzip'
    },
  })
  expect(errorsOf(diagnosis)).toEqual([])
  expect(warningsOf(diagnosis)).toEqual([])
  expect(finding(diagnosis, 'health-good').severity).toBe('ok')
})

it('WebSocket code with a list of its own that refuses in a library’s words', async () => {
  for (const body of ['', 'Forbidden']) {
    const found = expectErrors(
      await behind({
        upgrade: (_, socket) =>
          void socket.end(
            `HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
          ),
      }),
      'live-lists-differ',
    )
    expect(found.whose).toBe('allowlist')
  }
})

it('WebSocket code that lets only the old domain in, and answers others as its library does', async () => {
  const found = expectErrors(
    await behind(
      {
        upgrade: ({ headers }, socket, pass) => {
          if (headers.origin?.startsWith('http://127.0.0.1')) return pass()
          socket.end(
            'HTTP/1.1 401 Unauthorized\r\nContent-Type: text/html\r\nContent-Length: 12\r\n\r\nUnauthorized',
          )
        },
      },
      { liveTokenEnv: 'T', env: { T: LIVE_TOKEN } },
    ),
    'live-lists-differ',
  )
  expect(found.whose).toBe('allowlist')
})

it('a WebSocket that is closed with a code of its own, for the origin', async () => {
  const found = expectErrors(
    await behind({
      upgrade: ({ headers }, socket) => {
        const accept = createHash('sha1')
          .update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
          .digest('base64')
        const reason = 'bad origin'
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
        )
        socket.write(Buffer.from([0x88, reason.length + 2, 4403 >> 8, 4403 & 255]))
        setTimeout(() => socket.write(reason), 20)
      },
    }),
    'live-closed-1008',
  )
  expect(found.title).toContain('4403 "bad origin"')
})
