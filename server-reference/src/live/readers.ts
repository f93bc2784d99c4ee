import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { REQUEST_ID_HEADER } from '@opsmantik/tracker/contract'
import { WebSocketServer, type WebSocket } from 'ws'
import { requestIdFor } from '../http/request-id.js'
import type { Feed } from './feed.js'
import { LIVE_PROTOCOL } from './handshake.js'

const PING_MS = 30_000
/** Bytes that may wait for a reader: more than all that the feed remembers. */
const MAX_BEHIND = 4_194_304
const TRY_AGAIN_LATER = 1013
const GOING_AWAY = 1001
/** How long a reader that is being closed may take to say goodbye: a slow one has to read its way to it first. */
const GOODBYE_MS = { [TRY_AGAIN_LATER]: 30_000, [GOING_AWAY]: 2_000 } as const

/** The open WebSockets of the live feed. */
export class Readers {
  readonly #feed: Feed
  readonly #announce: () => Promise<void>
  readonly #maxBehind: number
  readonly #sockets: WebSocketServer
  readonly #silent = new WeakSet<WebSocket>()
  readonly #ping: NodeJS.Timeout

  /** `announce` tells other processes that somebody reads here, before the first reader is let in. */
  constructor(
    feed: Feed,
    {
      maxBehind = MAX_BEHIND,
      pingMs = PING_MS,
      announce = (): Promise<void> => Promise.resolve(),
    } = {},
  ) {
    this.#feed = feed
    this.#announce = announce
    this.#maxBehind = maxBehind
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
    this.#ping = setInterval(() => this.#pingAll(), pingMs)
    this.#ping.unref()
  }

  /** Completes a handshake that was found good. `after`: the position of the last message the reader has. */
  async accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    after: string | null,
  ): Promise<void> {
    const onBroken = (): void => void socket.destroy()
    socket.on('error', onBroken)
    await this.#announce()
    socket.off('error', onBroken)
    if (socket.destroyed) return
    this.#sockets.handleUpgrade(request, socket, head, (reader) => {
      if (after !== null && /^\d{1,16}$/.test(after))
        for (const message of this.#feed.since(after)) reader.send(JSON.stringify(message))
      const unsubscribe = this.#feed.subscribe((message) => {
        if (reader.bufferedAmount <= this.#maxBehind) {
          reader.send(JSON.stringify(message))
        } else {
          unsubscribe()
          dismiss(reader, TRY_AGAIN_LATER, 'too slow; come back with ?after=')
        }
      })
      reader.on('pong', () => this.#silent.delete(reader))
      reader.on('close', unsubscribe)
      // What a reader says is not listened to; a broken frame closes it, and that is all.
      reader.on('error', () => {})
    })
  }

  close(): void {
    clearInterval(this.#ping)
    for (const reader of this.#sockets.clients) dismiss(reader, GOING_AWAY, 'server is stopping')
    this.#sockets.close()
  }

  #pingAll(): void {
    for (const reader of this.#sockets.clients) {
      if (reader.readyState !== reader.OPEN) continue
      if (this.#silent.has(reader)) reader.terminate()
      else {
        this.#silent.add(reader)
        reader.ping()
      }
    }
  }
}

const dismiss = (reader: WebSocket, code: keyof typeof GOODBYE_MS, reason: string): void => {
  reader.close(code, reason)
  setTimeout(() => reader.terminate(), GOODBYE_MS[code]).unref()
}
