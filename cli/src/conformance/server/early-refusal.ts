import { BODY_MAX_BYTES } from '@opsmantik/tracker/contract'
import { isClosed, rootOf } from '../../probe/failure.js'
import { asObject, bytesOf, type Exchange, type OutgoingRequest } from '../../probe/exchange.js'
import type { Converse } from '../../probe/converse.js'
import { readRawResponse } from '../../probe/raw-response.js'

/** Milliseconds for a response to a request whose body has not been sent whole. */
const SOON_MS = 3_000
/** Bytes over the limit that a request in chunks sends before it waits. */
const OVER = 1_024

/**
 * Asks again after a connection that was closed while a body over the limit was being sent. A server may refuse such a body
 * and close before it has read all of it, and then the client that goes on writing loses the response (RFC 9112, 9.6). So
 * this sends only as much as makes the body too large, waits, and returns the response.
 *
 * @returns undefined if the body is not too large, the connection was not closed, or no response comes this way either
 */
export const earlyRefusal = async (
  request: OutgoingRequest,
  error: unknown,
  converse: Converse | undefined,
): Promise<Exchange | undefined> => {
  const body = bytesOf(request.body ?? '')
  if (!converse || body.length <= BODY_MAX_BYTES || !isClosed(rootOf(error).code)) return undefined
  const { origin, host, pathname, search } = new URL(request.url)
  const fields = {
    Host: host,
    ...request.headers,
    ...(request.chunked
      ? { 'Transfer-Encoding': 'chunked' }
      : { 'Content-Length': String(body.length) }),
  }
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  const begun = body.subarray(0, BODY_MAX_BYTES + OVER)
  const sent = request.chunked ? `${begun.length.toString(16)}\r\n${latin1(begun)}\r\n` : ''
  const raw = `${request.method} ${pathname}${search} HTTP/1.1\r\n${head.join('')}\r\n${sent}`
  const response = readRawResponse(await converse(origin, raw, SOON_MS), true)
  return response && { request, ...response, json: asObject(response.text) }
}

const latin1 = (bytes: Uint8Array): string => {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}
