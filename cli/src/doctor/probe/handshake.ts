import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { parseObject, type OutgoingRequest } from '../../probe/exchange.js'
import { failureOf, timeoutAfter } from '../../probe/failure.js'
import type { Closing } from '../../probe/node/frames.js'
import { pairs, type Observation, type Observer } from '../../probe/node/observe.js'
import { open } from '../../probe/node/open.js'
import { createConnection, handshakeHeaders } from '../../probe/node/websocket.js'

/** The outcome of a WebSocket handshake. */
export interface Handshake extends Observation {
  /** Why a browser would refuse a 101; null where it would not. */
  invalid: string | null
  /** With 101: the close code, 1006 where the connection just ended, null while it stays open. */
  closed: Closing | null
}

/** RFC 6455, 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
/** Milliseconds that an opened socket is watched: a server that refuses by closing does so at once. */
const WATCH_MS = 700

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
export const upgradeTo = (url: string, origin: string, protocols: string[]): OutgoingRequest => ({
  method: 'GET',
  url,
  headers: {
    ...handshakeHeaders(),
    Origin: origin,
    ...(protocols.length === 0 ? {} : { 'Sec-WebSocket-Protocol': protocols.join(', ') }),
  },
})

/** Shakes hands and, where that succeeds, watches for a moment whether the socket is closed again. */
export const shakeHands = (
  sending: OutgoingRequest,
  { ca, now, timeout, headers }: Observer,
): Promise<Handshake> =>
  new Promise((resolve) => {
    const sentAt = now()
    const { request, phase } = open(
      { ...sending, headers: { ...headers, ...sending.headers } },
      { ca },
    )
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
        json: parseObject(text),
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
          failure: timeoutAfter(timeout, phase()),
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
      const connection = createConnection(socket, first, new Headers())
      void connection.closing(WATCH_MS).then((closing) => {
        connection.close()
        finish({ ...head, closed: closing ?? null })
      })
    })
    request.end()
  })
