import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createFeed, type Feed } from './feed.js'
import { Readers } from './readers.js'

let feed: Feed
let server: Server
let readers: Readers
let port: number

beforeEach(async () => {
  feed = createFeed()
  readers = new Readers(feed, { maxBehind: 2_000_000, pingMs: 400 })
  server = createServer().on('upgrade', (request, socket, head) =>
    readers.accept(request, socket, head, null),
  )
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
