import { ServerResponse, type IncomingMessage, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { REQUEST_ID_HEADER, type Code } from '@opsmantik/tracker/contract'
import type { App } from '../app.js'
import type { OriginPolicy } from '../config/origins.js'
import { requestIdFor } from './request-id.js'
import { answerBytes, socketRefusal, type KnownHead } from './socket-refusal.js'

/** Milliseconds for which a client that is refused in the middle of sending may go on, so that it can read the refusal. */
const LINGER_MS = 1_000

const CODES: Record<string, Code> = {
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
}

/** Node's error of a connection that is not HTTP, too large or too slow. */
interface ClientError extends NodeJS.ErrnoException {
  /** The bytes that were read last. */
  rawPacket?: Buffer
  bytesParsed?: number
}

/** Answers in JSON, and with CORS if an origin can be seen, what node:http refuses by itself. */
export const answerClientErrors = (
  server: Server,
  origins: OriginPolicy,
  noteRefusal: App['noteRefusal'],
): void => {
  /** Sockets already refused: a client that goes on sending causes the error again. */
  const refused = new WeakSet<Duplex>()

  const refuse = (socket: Duplex, code: Code, head: KnownHead, headers?: string[]): void => {
    refused.add(socket)
    socket.on('error', () => socket.destroy())
    socket.end(answerBytes(socketRefusal(origins, code, head, headers)))
    noteRefusal({ code, requestId: head.requestId, origin: head.origin })
    socket.resume()
    const late = setTimeout(() => socket.destroy(), LINGER_MS)
    socket.on('close', () => clearTimeout(late))
  }
  server.on('clientError', (error: ClientError, socket: Duplex) => {
    if (refused.has(socket)) return
    if (error.code === 'ECONNRESET' || !socket.writable || isSettled(socket)) socket.destroy()
    else refuse(socket, CODES[error.code ?? ''] ?? 'BAD_REQUEST', headOf(error, socket))
  })
  // Node would close the connection without a word.
  server.on('connect', (request: IncomingMessage, socket: Duplex) =>
    refuse(socket, 'METHOD_NOT_ALLOWED', headOfRequest(request), [
      'Allow',
      'GET, HEAD, POST, OPTIONS',
    ]),
  )
}

/** Returns the response that node:http is working on, if there is one. */
const pendingResponse = (socket: Duplex): ServerResponse | undefined => {
  const response: unknown = Reflect.get(socket, '_httpMessage')
  return response instanceof ServerResponse ? response : undefined
}

/**
 * Returns true if the client does not wait for a refusal: it has sent nothing, or the head of the response is out, or
 * the whole response is out and only the rest of the request's body is missing. A second response would be taken for
 * that of the next request.
 */
const isSettled = (socket: Duplex): boolean => {
  if (Reflect.get(socket, 'bytesRead') === 0) return true
  const response = pendingResponse(socket)
  if (response !== undefined) return response.headersSent
  const parser = Reflect.get(socket, 'parser') as { incoming?: IncomingMessage } | null
  return parser?.incoming != null && !parser.incoming.complete
}

const headOf = (error: ClientError, socket: Duplex): KnownHead => {
  const response = pendingResponse(socket)
  if (response !== undefined) return headOfRequest(response.req)
  return headInBytes(error.rawPacket ?? Buffer.alloc(0), error.bytesParsed ?? 0)
}

const headOfRequest = ({ headers }: IncomingMessage): KnownHead => {
  const id = headers[REQUEST_ID_HEADER.toLowerCase()]
  return {
    origin: headers.origin,
    requestId: requestIdFor(typeof id === 'string' ? id : undefined),
  }
}

/** Reads the head in which Node gave up; `at` may lie behind its empty line. A field that occurs twice is ignored. */
const headInBytes = (bytes: Buffer, at: number): KnownHead => {
  const text = bytes.toString('latin1')
  const before = at < 5 ? -1 : text.lastIndexOf('\r\n\r\n', at - 5)
  const after = text.indexOf('\r\n\r\n', Math.max(0, at - 4))
  const head = text.slice(before === -1 ? 0 : before + 4, after === -1 ? undefined : after)
  const field = (name: string): string | undefined => {
    const found = [
      ...head.matchAll(new RegExp(`^${name}:[ \\t]*([\\x21-\\x7e]+)[ \\t]*\\r?$`, 'gim')),
    ]
    return found.length === 1 ? found[0]![1] : undefined
  }
  return { origin: field('origin'), requestId: requestIdFor(field(REQUEST_ID_HEADER)) }
}
