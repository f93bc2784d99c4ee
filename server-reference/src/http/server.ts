import { createServer, ServerResponse, STATUS_CODES, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { REFUSALS, REQUEST_ID_HEADER, type Code } from '@opsmantik/tracker/contract'
import type { App } from '../app.js'
import { createNodeListener } from './node-listener.js'
import { requestIdFor } from './request-id.js'

/** Contract section 16: headers over 16 KiB, and requests that take over 15 s, are refused. */
const MAX_HEADER_BYTES = 16_384
const REQUEST_TIMEOUT = 15_000

/** The HTTP server around the application. What Node refuses by itself is JSON too. */
export const createHttpServer = (app: App, timeout: number = REQUEST_TIMEOUT): Server => {
  const listener = createNodeListener(app, () => {
    const { status, headers, body } = refusal('BAD_REQUEST')
    return { status, headers: Object.entries(headers).flat(), body }
  })
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: timeout,
      requestTimeout: timeout,
      connectionsCheckingInterval: Math.min(timeout, 1_000),
      // Node's own answer to a missing Host has no body: the listener answers in JSON.
      requireHostHeader: false,
      // A header that came twice is joined, and so malformed, even where Node would take the first.
      joinDuplicateHeaders: true,
    },
    listener,
  )
  // Node answers an unknown Expect with an empty 417; RFC 9110, 10.1.1 allows to ignore it.
  server.on('checkExpectation', listener)
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // As Node does: an answer whose head is out already cannot be taken back.
    const answer: unknown = Reflect.get(socket, '_httpMessage')
    const isAnswered = answer instanceof ServerResponse && answer.headersSent
    if (error.code === 'ECONNRESET' || !socket.writable || isAnswered) socket.destroy()
    else socket.end(rawRefusal(CODES[error.code ?? ''] ?? 'BAD_REQUEST'), () => socket.destroy())
  })
  return server
}

const CODES: Record<string, Code> = {
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
}

const refusal = (code: Code): { status: number; headers: Record<string, string>; body: string } => {
  const { status, error } = REFUSALS[code]
  const request_id = requestIdFor(undefined)
  return {
    status,
    headers: { 'Content-Type': 'application/json', [REQUEST_ID_HEADER]: request_id },
    body: JSON.stringify({ error, code, request_id }),
  }
}

/** The same as bytes, for a connection that has no request yet. */
const rawRefusal = (code: Code): string => {
  const { status, headers, body } = refusal(code)
  const lines = Object.entries({
    ...headers,
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`
}
