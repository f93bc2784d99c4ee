import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Connect, Connection } from '../websocket.js'
import { ABNORMAL, controlFrame, OPCODES, readClosing, readFrame, type Closing } from './frames.js'
import { open } from './open.js'

/** Milliseconds for the answer to a handshake. */
const TIMEOUT_MS = 8_000
/** Milliseconds for the close frame to leave. */
const CLOSING_MS = 500
/** A queue that can be waited on. */
const createInbox = <T>() => {
  const items: T[] = []
  let wake = (): void => {}
  return {
    put(item: T): void {
      items.push(item)
      wake()
    },
    async take(ms: number, isIt: (item: T) => boolean): Promise<T | undefined> {
      const deadline = Date.now() + ms
      for (;;) {
        const at = items.findIndex(isIt)
        if (at >= 0) return items.splice(at, 1)[0]
        const left = deadline - Date.now()
        if (left <= 0) return undefined
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, left)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
    },
  }
}

type Event = { text: string } | { closing: Closing } | { ping: true }

/** A WebSocket of Node's. */
export interface NodeConnection extends Connection {
  /** Resolves to the code and reason of the close frame, as `closed` does to the code. */
  closing(ms: number): Promise<Closing | undefined>
}

/** The headers of a handshake (RFC 6455, 4.1). */
export const handshakeHeaders = (): Record<string, string> => ({
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
})

/**
 * Reads and writes the frames of a socket that has been upgraded.
 *
 * @param head the first bytes, which came with the response
 */
export const createConnection = (
  socket: Socket,
  head: Buffer,
  headers: Headers,
): NodeConnection => {
  const inbox = createInbox<Event>()
  let waiting = head
  let over = false
  const end = (closing: Closing): void => {
    if (!over) inbox.put({ closing })
    over = true
  }
  const read = (): void => {
    for (let frame = readFrame(waiting); frame; frame = readFrame(waiting)) {
      waiting = waiting.subarray(frame.length)
      if (frame.opcode === OPCODES.text) inbox.put({ text: frame.payload.toString() })
      if (frame.opcode === OPCODES.ping) {
        socket.write(controlFrame(OPCODES.pong, frame.payload.subarray(0, 125)))
        inbox.put({ ping: true })
      }
      if (frame.opcode === OPCODES.close) end(readClosing(frame.payload))
    }
  }
  const closing = async (ms: number): Promise<Closing | undefined> => {
    const event = await inbox.take(ms, (item) => 'closing' in item)
    return event && 'closing' in event ? event.closing : undefined
  }
  socket.on('data', (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk])
    read()
  })
  socket.on('error', () => end(ABNORMAL))
  socket.on('close', () => end(ABNORMAL))
  read()
  return {
    status: 101,
    headers,
    text: '',
    async next(ms) {
      const event = await inbox.take(ms, (item) => 'text' in item)
      return event && 'text' in event ? event.text : undefined
    },
    closing,
    closed: async (ms) => (await closing(ms))?.code,
    pinged: async (ms) => (await inbox.take(ms, (item) => 'ping' in item)) !== undefined,
    close() {
      if (over && socket.destroyed) return
      over = true
      socket.end(controlFrame(OPCODES.close, Buffer.from([3, 232])))
      // A server that reads no more would keep the socket, and with it the process.
      setTimeout(() => socket.destroy(), CLOSING_MS).unref()
      socket.unref()
    },
  }
}

const refused = (status: number, headers: Headers, text: string): Connection => ({
  status,
  headers,
  text,
  next: async () => undefined,
  closed: async () => undefined,
  pinged: async () => false,
  close: () => {},
})

/** Opens a WebSocket by hand over node:http(s). */
export const connect: Connect = (url, headers) =>
  new Promise((resolve, reject) => {
    const { request } = open(
      {
        method: 'GET',
        url: url.replace(/^ws/, 'http'),
        headers: { ...handshakeHeaders(), ...headers },
      },
      { timeout: TIMEOUT_MS },
    )
    request.on('timeout', () => request.destroy(new Error('no answer to the handshake')))
    request.on('error', reject)
    request.on('upgrade', (answer, socket, head) => {
      socket.setTimeout(0)
      resolve(createConnection(socket, head, new Headers(answer.headers as Record<string, string>)))
    })
    request.on('response', (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', reject)
      answer.on('end', () =>
        resolve(
          refused(
            answer.statusCode ?? 0,
            new Headers(answer.headers as Record<string, string>),
            Buffer.concat(chunks).toString(),
          ),
        ),
      )
    })
    request.end()
  })
