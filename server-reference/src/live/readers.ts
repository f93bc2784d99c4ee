import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { REQUEST_ID_HEADER } from '@opsmantik/tracker/contract'
import { WebSocketServer, type WebSocket } from 'ws'
import { requestIdFor } from '../http/request-id.js'
import { clientAddress } from '../limits/client.js'
import type { CatchUp } from './catch-up.js'
import type { Feed } from './feed.js'
import { LIVE_PROTOCOL } from './handshake.js'
import { OPEN_TO_ALL, type Opened } from '../access/access.js'
import { GOING_AWAY, Reader, TOKEN_ENDED, TRY_AGAIN_LATER } from './reader.js'
import { viewOf } from './site-view.js'

const PING_MS = 30_000
/** Milliseconds between two looks at whether the readers' tokens still open something. */
const TOKEN_CHECK_MS = 3_000
/** Readers of one process, and of one address. */
const MAX_READERS = 64
const MAX_READERS_PER_ADDRESS = 16

interface Options {
  /** Bytes that may wait for a reader. */
  maxBehind?: number
  maxReaders?: number
  maxPerAddress?: number
  pingMs?: number
  tokenCheckMs?: number
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
  /** Readers whose token may end. */
  readonly #passing = new Map<Reader, Opened>()
  readonly #ping: NodeJS.Timeout
  readonly #tokenCheck: NodeJS.Timeout
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
    this.#tokenCheck = setInterval(
      () => this.#checkTokens(),
      options.tokenCheckMs ?? TOKEN_CHECK_MS,
    )
    this.#tokenCheck.unref()
  }

  /**
   * Completes a handshake that was found good.
   *
   * @param after the position of the last message the reader has
   * @param opened what its token opens
   */
  async accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    after: string | null,
    opened: Opened = OPEN_TO_ALL,
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
      const view = viewOf(this.#feed, catchUp, opened.siteId)
      const reader = new Reader(ws, view.feed, { ...(maxBehind && { maxBehind }) })
      if (opened !== OPEN_TO_ALL) {
        this.#passing.set(reader, opened)
        ws.on('close', () => this.#passing.delete(reader))
      }
      if (hasRoom) void reader.start(after, view.catchUp)
      else reader.dismiss(TRY_AGAIN_LATER, 'too many readers')
    })
  }

  close(): void {
    clearInterval(this.#ping)
    clearInterval(this.#tokenCheck)
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

  /** Closes readers whose token ended. While the database does not respond, they stay. */
  #checkTokens(): void {
    for (const [reader, opened] of this.#passing)
      opened.isValid().then(
        (isValid) => {
          if (isValid || !this.#passing.delete(reader)) return
          reader.dismiss(TOKEN_ENDED, 'the token opens nothing any more')
        },
        () => {},
      )
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
