import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { LiveMessage } from '@opsmantik/tracker/contract'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { CatchUp } from './catch-up.js'
import { createFeed, type Feed } from './feed.js'
import { Readers } from './readers.js'

let feed: Feed
let server: Server
let readers: Readers
let port: number
const sockets = new Set<Duplex>()

beforeEach(async () => {
  feed = createFeed()
  readers = new Readers(feed, { maxBehind: 2_000_000, pingMs: 400 })
  sockets.clear()
  server = createServer().on('upgrade', (request, socket, head) => {
    sockets.add(socket)
    const { searchParams } = new URL(request.url!, 'http://localhost')
    void readers.accept(request, socket, head, searchParams.get('after'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterEach(() => {
  readers.close()
  server.close()
})

const open = async (): Promise<{ reader: WebSocket; closed: Promise<number> }> => {
  const reader = new WebSocket(`ws://127.0.0.1:${port}`)
  const closed = new Promise<number>((resolve) => reader.on('close', resolve))
  await new Promise((resolve) => reader.on('open', resolve))
  return { reader, closed }
}

it('a reader that falls behind is closed with 1013, and others go on', async () => {
  const slow = await open()
  const quick = await open()
  let read = 0
  quick.reader.on('message', () => read++)
  slow.reader.pause()
  const page_url = 'x'.repeat(100_000)
  // More than the kernel's buffers take, so that it is ours that fills; and before the first ping is missed.
  for (let n = 0; n < 300; n++) {
    feed.publish({ type: 'sync', site_id: 's', accepted: 1, page_url })
    if (n % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  slow.reader.resume()
  expect(await slow.closed).toBe(1013)
  feed.publish({ type: 'sync', site_id: 's', accepted: 1, page_url: 'last' })
  for (let tries = 0; tries < 100 && read < 301; tries++)
    await new Promise((resolve) => setTimeout(resolve, 10))
  expect(read).toBe(301)
})

it('a reader that answers pings stays, one that does not is dropped', async () => {
  const live = await open()
  const dead = connect(port, '127.0.0.1')
  const gone = new Promise((resolve) => dead.on('close', resolve))
  dead.write(
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  dead.resume()
  await gone
  expect(live.reader.readyState).toBe(WebSocket.OPEN)
})

it('when the server stops, readers are told with 1001', async () => {
  const { closed } = await open()
  readers.close()
  expect(await closed).toBe(1001)
})

it('what a reader says is not listened to, and too much of it closes the connection', async () => {
  const { reader, closed } = await open()
  reader.send('hello')
  reader.send('x'.repeat(2_000))
  expect(await closed).toBe(1009)
})

it('there are no more readers than there may be, also from one address; one that leaves makes room', async () => {
  readers.close()
  readers = new Readers(feed, { maxReaders: 3, maxPerAddress: 2, trustedHops: 1 })
  const from = async (address: string) => {
    const reader = new WebSocket(`ws://127.0.0.1:${port}`, {
      headers: { 'X-Forwarded-For': address },
    })
    const closed = new Promise<number>((resolve) => reader.on('close', resolve))
    await new Promise((resolve) => reader.on('open', resolve))
    return { reader, closed }
  }
  const first = await from('192.0.2.1')
  await from('192.0.2.1')
  expect(await (await from('192.0.2.1')).closed).toBe(1013)
  await from('192.0.2.2')
  expect(await (await from('192.0.2.3')).closed).toBe(1013)
  first.reader.close()
  await first.closed
  await expect
    .poll(async () => {
      const { reader, closed } = await from('192.0.2.1')
      const wasRefused = await Promise.race([
        closed,
        new Promise((resolve) => setTimeout(resolve, 100, 'open')),
      ])
      if (wasRefused !== 'open') return wasRefused
      reader.terminate()
      return 'open'
    })
    .toBe('open')
})

it('a reader that is sent much that it missed, and reads slowly, holds no more than it may', async () => {
  readers.close()
  const page_url = 'x'.repeat(100_000)
  const catchUp: CatchUp = async (_, { send }) => {
    for (let n = 0; n < 200; n++) {
      const message = { type: 'sync', id: String(n), at: n, site_id: 's', accepted: 1, page_url }
      if (!(await send(message as LiveMessage))) return
    }
  }
  const maxBehind = 1_000_000
  readers = new Readers(feed, { catchUp, maxBehind })
  let most = 0
  const watch = setInterval(() => {
    for (const socket of sockets) most = Math.max(most, socket.writableLength)
  }, 1)
  const reader = new WebSocket(`ws://127.0.0.1:${port}/?after=1`)
  await new Promise((resolve) => reader.on('open', resolve))
  let read = 0
  reader.on('message', () => read++)
  reader.pause()
  await new Promise((resolve) => setTimeout(resolve, 300))
  feed.publish({ type: 'sync', site_id: 's', accepted: 1, page_url: 'new' })
  reader.resume()
  await expect.poll(() => read, { timeout: 10_000 }).toBe(201)
  clearInterval(watch)
  expect(most).toBeGreaterThan(0)
  expect(most).toBeLessThan(maxBehind + 200_000)
})
