import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { failureOf, open, pairs, type Exchange, type Sender, type Sending } from './exchange.js'

/** What became of a WebSocket. */
export interface Handshake extends Exchange {
  /** Why a browser would refuse a 101; null where it would not. */
  invalid: string | null
  /** With 101: the close code, 1006 where the connection just ended, null while it stays open. */
  closed: { code: number; reason: string } | null
}

/** RFC 6455, 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
/** Milliseconds that an opened socket is watched: a server that refuses by closing does so at once. */
const WATCH_MS = 700
const CLOSE = 8

/** A server's frames are short here, so that one that is cut at the end is simply waited for. */
const readClose = (bytes: Buffer): { code: number; reason: string } | null => {
  let at = 0
  while (bytes.length >= at + 2) {
    const opcode = bytes[at]! & 15
    let length = bytes[at + 1]! & 127
    let head = 2
    if (length === 126) {
      if (bytes.length < at + 4) return null
      length = bytes.readUInt16BE(at + 2)
      head = 4
    } else if (length === 127) {
      if (bytes.length < at + 10) return null
      length = Number(bytes.readBigUInt64BE(at + 2))
      head = 10
    }
    if (bytes.length < at + head + length) return null
    if (opcode === CLOSE) {
      const payload = bytes.subarray(at + head, at + head + length)
      // RFC 6455, 7.1.5: a close frame without a code.
      if (payload.length < 2) return { code: 1005, reason: '' }
      return { code: payload.readUInt16BE(0), reason: payload.subarray(2).toString() }
    }
    at += head + length
  }
  return null
}

/** What a browser checks before it says `open` (RFC 6455, 4.1; Chromium also wants one of the offered protocols). */
const invalidity = (response: IncomingMessage, key: string, offered: string[]): string | null => {
  const expected = createHash('sha1')
    .update(key + GUID)
    .digest('base64')
  const protocol = response.headers['sec-websocket-protocol']
  if (response.headers.upgrade?.toLowerCase() !== 'websocket')
    return "'Upgrade' header is missing or is not 'websocket'"
  if (response.headers['sec-websocket-accept'] !== expected)
    return "Incorrect 'Sec-WebSocket-Accept' header value"
  if (response.headers['sec-websocket-extensions'] !== undefined)
    return "Response must not include a 'Sec-WebSocket-Extensions' that was not asked for"
  if (protocol === undefined)
    return offered.length === 0
      ? null
      : "Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received"
  return offered.includes(protocol)
    ? null
    : `'Sec-WebSocket-Protocol' header value '${protocol}' in response does not match any of sent values`
}

/** A handshake as it is to be sent, on the http(s) URL of the same place. */
export const upgradeTo = (url: string, origin: string, protocols: string[]): Sending => ({
  method: 'GET',
  url,
  headers: {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    Origin: origin,
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    ...(protocols.length === 0 ? {} : { 'Sec-WebSocket-Protocol': protocols.join(', ') }),
  },
})

/** Shakes hands and, where that succeeds, watches for a moment whether the socket is closed again. */
export const shakeHands = (sending: Sending, { ca, now, timeout }: Sender): Promise<Handshake> =>
  new Promise((resolve) => {
    const sentAt = now()
    const { request, phase } = open(sending, ca)
    let isDone = false
    const finish = (found: Partial<Handshake>, text = ''): void => {
      if (isDone) return
      isDone = true
      clearTimeout(timer)
      resolve({
        sending,
        status: 0,
        fields: [],
        text,
        json: parse(text),
        failure: null,
        sentAt,
        answeredAt: now(),
        invalid: null,
        closed: null,
        ...found,
      })
      request.destroy()
    }
    const timer = setTimeout(
      () =>
        finish({
          failure: { code: 'TIMEOUT', message: `nothing within ${timeout} ms`, phase: phase() },
        }),
      timeout,
    )
    request.on('error', (error) => finish({ failure: failureOf(error, phase()) }))
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      const head = { status: response.statusCode ?? 0, fields: pairs(response.rawHeaders) }
      const end = (): void => finish(head, Buffer.concat(chunks).toString())
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        if (chunks.length > 64) end()
      })
      response.on('end', end)
      response.on('error', end)
      // A body that never ends says no more than its head.
      setTimeout(end, WATCH_MS).unref()
    })
    request.on('upgrade', (response, socket, first) => {
      const offered = sending.headers['Sec-WebSocket-Protocol']?.split(', ') ?? []
      const head = {
        status: response.statusCode ?? 0,
        fields: pairs(response.rawHeaders),
        invalid: invalidity(response, sending.headers['Sec-WebSocket-Key'] ?? '', offered),
      }
      watch(socket, first, (closed) => finish({ ...head, closed }))
    })
    request.end()
  })

const watch = (
  socket: Duplex,
  first: Buffer,
  then: (closed: Handshake['closed']) => void,
): void => {
  let bytes = first
  const end = (closed: Handshake['closed']): void => {
    clearTimeout(timer)
    then(closed)
    // Masked, as clients have to, by zeros: code 1000.
    if (socket.writable) socket.end(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]))
    setTimeout(() => socket.destroy(), 50).unref()
  }
  const timer = setTimeout(() => end(null), WATCH_MS)
  const look = (): void => {
    const closed = readClose(bytes)
    if (closed !== null) end(closed)
  }
  const dropped = (): void => end(readClose(bytes) ?? { code: 1006, reason: '' })
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk])
    look()
  })
  socket.on('error', dropped)
  socket.on('end', dropped)
  socket.on('close', dropped)
  look()
}

const parse = (text: string): Record<string, unknown> | null => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
