import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttps } from 'node:https'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { sendWebhook, type SendOptions } from './send-webhook.js'

const closers: (() => void)[] = []
afterEach(() => closers.splice(0).forEach((close) => close()))

/** A receiver that reads the whole request, and then does what the test says with the connection. */
const receive = async (behave: (socket: Socket) => void): Promise<string> => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('data', () => behave(socket))
  })
  return `http://127.0.0.1:${await listen(server, sockets)}/hook`
}
const listen = async (server: Server, sockets: Set<Socket>): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
const send = (url: string, options: Partial<SendOptions> = {}) =>
  sendWebhook(
    { id: 'msg_1', url, secret: 'whsec_c2VjcmV0', payload: '{"target":"+905321234567"}' },
    { allowsPrivate: true, timeoutMs: 10_000, ...options },
  )

it.each<[string, (socket: Socket) => void, RegExp]>([
  ['closes without a word', (socket) => socket.end(), /socket hang up/],
  ['resets the connection', (socket) => socket.resetAndDestroy(), /ECONNRESET/],
  ['answers with something else than HTTP', (socket) => socket.end('+OK\r\n\r\n'), /HPE_/],
  ['has a status line that is none', (socket) => socket.end('HTTP/1.1 abc\r\n\r\n'), /HPE_/],
  [
    'stops in the middle of its head',
    (socket) => socket.end('HTTP/1.1 200 OK\r\nX: '),
    /hang up|HPE_/,
  ],
  [
    'sends a head without an end',
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const more = (): void => {
        while (!socket.destroyed && socket.write(`X-${'x'.repeat(1000)}: y\r\n`)) continue
        if (!socket.destroyed) socket.once('drain', more)
      }
      more()
    },
    /HPE_HEADER_OVERFLOW/,
  ],
  ['redirects', (socket) => socket.end('HTTP/1.1 307 x\r\nLocation: /\r\n\r\n'), /^HTTP 307$/],
  ['says only 100', (socket) => socket.end('HTTP/1.1 100 Continue\r\n\r\n'), /hang up/],
  [
    'is broken',
    (socket) => socket.end('HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n'),
    /^HTTP 500$/,
  ],
])(
  'a receiver that %s has failed, with a reason that has nothing of the call',
  async (_, behave, problem) => {
    const sent = await send(await receive(behave))
    expect(sent).toEqual({ outcome: 'failed', problem: expect.stringMatching(problem) })
    expect(JSON.stringify(sent)).not.toContain('905321234567')
  },
)

it('a receiver that writes its head byte by byte is given up after the time that a delivery has', async () => {
  const url = await receive((socket) => {
    const drip = setInterval(() => socket.write('H'), 5)
    socket.on('close', () => clearInterval(drip))
    socket.write('HTTP/1.1 200 OK\r\nX: ')
  })
  expect(await send(url, { timeoutMs: 100 })).toEqual({
    outcome: 'failed',
    problem: 'no response within 0.1 s',
  })
})

it('a receiver that accepts and then drips its body has it, and the connection is closed in time', async () => {
  let isClosed = false
  const url = await receive((socket) => {
    const drip = setInterval(() => socket.write('x'), 5)
    socket.on('close', () => {
      clearInterval(drip)
      isClosed = true
    })
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n')
  })
  expect(await send(url, { timeoutMs: 100 })).toEqual({ outcome: 'delivered' })
  await expect.poll(() => isClosed).toBe(true)
})

it('a receiver that is not there has failed', async () => {
  const url = await receive(() => {})
  closers.splice(0).forEach((close) => close())
  await expect
    .poll(() => send(url))
    .toEqual({ outcome: 'failed', problem: expect.stringMatching(/ECONNREFUSED/) })
})

it('a receiver whose certificate nobody has signed gets nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'opsmantik-certificate-'))
  closers.push(() => rmSync(folder, { recursive: true }))
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')]
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=localhost',
    ].concat(['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert]),
    { stdio: 'pipe' },
  )
  let requests = 0
  const sockets = new Set<Socket>()
  const server = createHttps({ key: readFileSync(key), cert: readFileSync(cert) }, () => requests++)
  server.on('connection', (socket: Socket) => sockets.add(socket))
  const port = await listen(server, sockets)
  expect(await send(`https://127.0.0.1:${port}/`)).toEqual({
    outcome: 'failed',
    problem: expect.stringMatching(/self.signed/i),
  })
  // TLS towards a port that does not speak it.
  const plain = await receive((socket) => socket.end('HTTP/1.1 400 x\r\n\r\n'))
  expect((await send(plain.replace('http:', 'https:'))).outcome).toBe('failed')
  expect(requests).toBe(0)
})
