import { connect, createServer, type AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { launchForTest, type Launched } from './support/launch-server.js'

const ORIGIN = 'https://shop.example'
const TOKEN = 'live-token-of-the-attacks'

/** The code, if the server ends within the contract's ten seconds and a second for the machine. */
const stop = async (server: Launched, signal: NodeJS.Signals): Promise<number | null | 'late'> => {
  server.child.kill(signal)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => (timer = setTimeout(resolve, 11_000, 'late')))
  const code = await Promise.race([server.finished, late])
  clearTimeout(timer)
  return code
}
const open = async (url: string, bytes: string): Promise<void> => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {})
  await new Promise((resolve) => socket.on('connect', resolve))
  socket.write(bytes)
  await new Promise((resolve) => setTimeout(resolve, 100))
}
/** Accepts connections and never says a word. */
const silentPort = async (): Promise<{ port: number; isCalled: Promise<void> }> => {
  let called = (): void => {}
  const isCalled = new Promise<void>((resolve) => (called = resolve))
  const server = createServer((socket) => {
    socket.on('error', () => {})
    called()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { port: (server.address() as AddressInfo).port, isCalled }
}

describe.each(['SIGTERM', 'SIGINT'] as const)(
  '%s ends the server with 0 within ten seconds',
  (signal) => {
    it('while it is idle', async () => {
      const server = launchForTest()
      await server.ready
      expect(await stop(server, signal)).toBe(0)
    })

    it('while it waits for a database that never answers', async () => {
      const { port, isCalled } = await silentPort()
      const server = launchForTest({ env: { DATABASE_URL: `postgres://u:p@127.0.0.1:${port}/d` } })
      await isCalled
      expect(await stop(server, signal)).toBe(0)
    })

    it('with clients that hang in a head, in a body and in a kept connection, and a reader that never reads', async () => {
      const server = launchForTest({ env: { ALLOWED_ORIGINS: ORIGIN, LIVE_TOKEN: TOKEN } })
      const url = await server.ready
      await open(url, 'POST /api/sync HTTP/1.1\r\nHost: x\r\nX-Half')
      await open(
        url,
        `POST /api/sync HTTP/1.1\r\nHost: x\r\nOrigin: ${ORIGIN}\r\nContent-Length: 9\r\n\r\n{`,
      )
      await open(url, 'GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n')
      await open(url, '')
      const reader = new WebSocket(
        `${url.replace('http', 'ws')}/api/live?token=${TOKEN}`,
        'ops.live.v1',
        { origin: ORIGIN },
      )
      onTestFinished(() => reader.terminate())
      await new Promise((resolve, reject) => reader.on('open', resolve).on('error', reject))
      reader.pause()
      expect(await stop(server, signal)).toBe(0)
    })

    it('if it comes twice, as from npm and the terminal', async () => {
      const server = launchForTest()
      await server.ready
      server.child.kill(signal)
      expect(await stop(server, signal)).toBe(0)
    })
  },
)
