import { randomBytes } from 'node:crypto'
import { request as http } from 'node:http'
import { request as https } from 'node:https'
import type { Socket } from 'node:net'
import type { Connect, Connection } from '../websocket.js'

/** Milliseconds for the answer to a handshake. */
const TIMEOUT_MS = 8_000
/** Milliseconds for the close frame to leave. */
const CLOSING_MS = 500
const TEXT = 1
const CLOSE = 8
const PING = 9
const PONG = 10
/** What RFC 6455, 7.1.5, calls an end without a close frame. */
const ABNORMAL = 1006

interface Frame {
  opcode: number
  payload: Buffer
  /** Bytes in the stream. */
  length: number
}

/** The first frame of what has arrived, or undefined while it is not whole (RFC 6455, 5.2). Servers do not mask. */
const readFrame = (bytes: Buffer): Frame | undefined => {
  if (bytes.length < 2) return undefined
  const short = bytes[1]! & 127
  const header = short === 126 ? 4 : short === 127 ? 10 : 2
  if (bytes.length < header) return undefined
  const size =
    short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short
  if (bytes.length < header + size) return undefined
  return {
    opcode: bytes[0]! & 15,
    payload: bytes.subarray(header, header + size),
    length: header + size,
  }
}

/** A short frame from the client, which has to be masked; zeros are a mask. */
const control = (opcode: number, payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from([128 | opcode, 128 | payload.length, 0, 0, 0, 0]), payload])

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

type Event = { text: string } | { code: number } | { ping: true }

const converse = (socket: Socket, head: Buffer, headers: Headers): Connection => {
  const inbox = createInbox<Event>()
  let waiting = head
  let over = false
  const end = (code: number): void => {
    if (!over) inbox.put({ code })
    over = true
  }
  const read = (): void => {
    for (let frame = readFrame(waiting); frame; frame = readFrame(waiting)) {
      waiting = waiting.subarray(frame.length)
      if (frame.opcode === TEXT) inbox.put({ text: frame.payload.toString() })
      if (frame.opcode === PING) {
        socket.write(control(PONG, frame.payload.subarray(0, 125)))
        inbox.put({ ping: true })
      }
      if (frame.opcode === CLOSE)
        end(frame.payload.length >= 2 ? frame.payload.readUInt16BE(0) : 1005)
    }
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
    async closed(ms) {
      const event = await inbox.take(ms, (item) => 'code' in item)
      return event && 'code' in event ? event.code : undefined
    },
    pinged: async (ms) => (await inbox.take(ms, (item) => 'ping' in item)) !== undefined,
    close() {
      if (over && socket.destroyed) return
      over = true
      socket.end(control(CLOSE, Buffer.from([3, 232])))
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
    const { protocol } = new URL(url)
    const ask = protocol === 'wss:' || protocol === 'https:' ? https : http
    const request = ask(url.replace(/^ws/, 'http'), {
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
        ...headers,
      },
      agent: false,
      timeout: TIMEOUT_MS,
    })
    request.on('timeout', () => request.destroy(new Error('no answer to the handshake')))
    request.on('error', reject)
    request.on('upgrade', (answer, socket, head) => {
      socket.setTimeout(0)
      resolve(
        converse(socket as Socket, head, new Headers(answer.headers as Record<string, string>)),
      )
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
