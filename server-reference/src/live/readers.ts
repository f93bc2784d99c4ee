import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { REQUEST_ID_HEADER } from '@opsmantik/tracker/contract'
import { WebSocketServer, type WebSocket } from 'ws'
import { requestIdFor } from '../http/request-id.js'
import { clientAddress } from '../limits/client.js'
import type { CatchUp } from './catch-up.js'
import type { Feed } from './feed.js'
import { LIVE_PROTOCOL } from './handshake.js'
import { GOING_AWAY, Reader, TRY_AGAIN_LATER } from './reader.js'
import { viewOf } from './site-view.js'

const PING_MS = 30_000
/** Readers of one process, and of one address. */
const MAX_READERS = 64
const MAX_READERS_PER_ADDRESS = 16

interface Options {
  /** Bytes that may wait for a reader. */
  maxBehind?: number
  maxReaders?: number
  maxPerAddress?: number
  pingMs?: number
  /** Load balancers of the server's own, whose addresses are not the readers'. */
  trustedHops?: number
  /** Tells other processes that this one has readers, before the first reader is admitted. */
  announce?: () => Promise<void>
  /** Sends a reader what it missed; absent: what the feed remembers. */
  catchUp?: CatchUp
}

/** The open WebSockets of the live feed. */
export class Readers {
  readonly #feed: Feed
  readonly #options: Options
  readonly #sockets: WebSocketServer
  readonly #silent = new WeakSet<WebSocket>()
  /** Readers by address; those whose handshake is not complete count too. */
  readonly #open = new Map<string, number>()
  readonly #ping: NodeJS.Timeout
  #count = 0

  constructor(feed: Feed, options: Options = {}) {
    this.#feed = feed
    this.#options = options
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload: 1024,
      perMessageDeflate: false,
      handleProtocols: (offered) => offered.has(LIVE_PROTOCOL) && LIVE_PROTOCOL,
    })
    this.#sockets.on('headers', (headers, request) => {
      const received = request.headers[REQUEST_ID_HEADER.toLowerCase()]
      headers.push(`${REQUEST_ID_HEADER}: ${requestIdFor(received?.toString())}`)
    })
    this.#ping = setInterval(() => this.#pingAll(), options.pingMs ?? PING_MS)
    this.#ping.unref()
  }

  /**
   * Completes a handshake that was found good.
   *
   * @param after the position of the last message the reader has
   * @param siteId the only site that it may read of; null: all
   */
  async accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    after: string | null,
    siteId: string | null = null,
  ): Promise<void> {
    const { announce, trustedHops = 0, catchUp, maxBehind } = this.#options
    const address = addressOf(request, trustedHops)
    const hasRoom = this.#enter(address)
    socket.once('close', () => hasRoom && this.#leave(address))
    const onBroken = (): void => void socket.destroy()
    socket.on('error', onBroken)
    if (hasRoom) await announce?.().catch(() => {})
    socket.off('error', onBroken)
    if (socket.destroyed) return
    this.#sockets.handleUpgrade(request, socket, head, (ws) => {
      ws.on('pong', () => this.#silent.delete(ws))
      // Messages from readers are ignored; a broken frame only closes the connection.
      ws.on('error', () => {})
      const view = viewOf(this.#feed, catchUp, siteId)
      const reader = new Reader(ws, view.feed, { ...(maxBehind && { maxBehind }) })
      if (hasRoom) void reader.start(after, view.catchUp)
      else reader.dismiss(TRY_AGAIN_LATER, 'too many readers')
    })
  }

  close(): void {
    clearInterval(this.#ping)
    for (const ws of this.#sockets.clients)
      new Reader(ws, this.#feed).dismiss(GOING_AWAY, 'server is stopping')
    this.#sockets.close()
  }

  #enter(address: string): boolean {
    const { maxReaders = MAX_READERS, maxPerAddress = MAX_READERS_PER_ADDRESS } = this.#options
    const here = this.#open.get(address) ?? 0
    if (this.#count >= maxReaders || here >= maxPerAddress) return false
    this.#open.set(address, here + 1)
    this.#count++
    return true
  }

  #leave(address: string): void {
    const here = this.#open.get(address)! - 1
    if (here === 0) this.#open.delete(address)
    else this.#open.set(address, here)
    this.#count--
  }

  #pingAll(): void {
    for (const ws of this.#sockets.clients) {
      if (ws.readyState !== ws.OPEN) continue
      if (this.#silent.has(ws)) ws.terminate()
      else {
        this.#silent.add(ws)
        ws.ping()
      }
    }
  }
}

/** Returns the address of a handshake's client. */
export const addressOf = ({ socket, headers }: IncomingMessage, trustedHops: number): string =>
  clientAddress(
    { socket: socket.remoteAddress, forwarded: headers['x-forwarded-for']?.toString() },
    trustedHops,
  )
