import type { LiveMessage } from '@opsmantik/tracker/contract'
import type { WebSocket } from 'ws'
import type { CatchUp } from './catch-up.js'
import type { Feed } from './feed.js'

/** Bytes that may wait for a reader. */
const MAX_BEHIND = 1_048_576
/** New messages that wait while a reader is sent what it missed; of more, the calls are read from the database again. */
const MAX_HELD = 1_000
/** Milliseconds between looks at whether a reader has read on, and how long it may read nothing. */
const ROOM_CHECK_MS = 25
const ROOM_TIMEOUT_MS = 30_000
export const TRY_AGAIN_LATER = 1013
export const GOING_AWAY = 1001
/** For private use (RFC 6455, 7.4.2): the token was revoked or has expired. */
export const TOKEN_ENDED = 4401
/** Milliseconds that a reader may take for the closing handshake: a slow one has to read the messages before it first. */
const GOODBYE_MS = { [TRY_AGAIN_LATER]: 30_000, [GOING_AWAY]: 2_000, [TOKEN_ENDED]: 2_000 } as const

/** One WebSocket of the live feed, and how far it is behind. */
export class Reader {
  readonly #socket: WebSocket
  readonly #feed: Feed
  readonly #maxBehind: number
  /** Messages that arrive while the reader is sent those that it missed; null: messages are sent as they arrive. */
  #held: LiveMessage[] | null = null
  #hasOverflowed = false

  constructor(socket: WebSocket, feed: Feed, { maxBehind = MAX_BEHIND } = {}) {
    this.#socket = socket
    this.#feed = feed
    this.#maxBehind = maxBehind
  }

  /** Sends what was missed, then everything as it comes. */
  async start(after: string | null, catchUp?: CatchUp): Promise<void> {
    this.#held = after === null ? null : []
    const unsubscribe = this.#feed.subscribe((message) => {
      if (this.#held === null) this.#send(message)
      else this.#hold(this.#held, message)
    })
    this.#socket.on('close', unsubscribe)
    if (after === null) return

    let position = after
    const sent = new Set<string>()
    do {
      this.#hasOverflowed = false
      await this.#catchUp(position, catchUp, (message) => {
        if (message.type === 'call') position = message.id
        sent.add(message.id)
        if (sent.size > 2 * MAX_HELD) sent.delete(sent.values().next().value!)
      })
    } while (this.#hasOverflowed && !this.#isGone())
    const held = this.#held ?? []
    this.#held = null
    for (const message of held) if (!sent.has(message.id)) this.#send(message)
  }

  dismiss(code: keyof typeof GOODBYE_MS, reason: string): void {
    this.#socket.close(code, reason)
    setTimeout(() => this.#socket.terminate(), GOODBYE_MS[code]).unref()
  }

  async #catchUp(
    after: string,
    catchUp: CatchUp | undefined,
    onSent: (message: LiveMessage) => void,
  ): Promise<void> {
    const send = async (message: LiveMessage): Promise<boolean> => {
      if (this.#isGone()) return false
      this.#socket.send(JSON.stringify(message))
      onSent(message)
      return this.#hasRoom()
    }
    if (catchUp !== undefined) return catchUp(after, { isGone: () => this.#isGone(), send })
    for (const message of this.#feed.since(after)) if (!(await send(message))) return
  }

  #hold(held: LiveMessage[], message: LiveMessage): void {
    if (held.length < MAX_HELD) held.push(message)
    else {
      this.#hasOverflowed = true
      held.length = 0
    }
  }

  #send(message: LiveMessage): void {
    if (this.#isGone()) return
    if (this.#socket.bufferedAmount <= this.#maxBehind) this.#socket.send(JSON.stringify(message))
    else this.dismiss(TRY_AGAIN_LATER, 'too slow; come back with ?after=')
  }

  #isGone(): boolean {
    return this.#socket.readyState !== this.#socket.OPEN
  }

  /** Waits until half of what may wait for the reader is free. */
  async #hasRoom(): Promise<boolean> {
    let least = this.#socket.bufferedAmount
    let since = performance.now()
    while (this.#socket.bufferedAmount > this.#maxBehind / 2) {
      await new Promise((resolve) => setTimeout(resolve, ROOM_CHECK_MS))
      if (this.#isGone()) return false
      if (this.#socket.bufferedAmount < least) {
        least = this.#socket.bufferedAmount
        since = performance.now()
      } else if (performance.now() - since > ROOM_TIMEOUT_MS) {
        this.dismiss(TRY_AGAIN_LATER, 'too slow; come back with ?after=')
        return false
      }
    }
    return !this.#isGone()
  }
}
