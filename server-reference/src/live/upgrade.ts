import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { LIVE } from '@opsmantik/tracker/contract'
import { refusalOf, type Door } from './handshake.js'
import type { Readers } from './readers.js'

/** Only the path and the query of a request's target count. */
const HERE = 'http://localhost'

/**
 * Lets readers of the live feed in. Every other upgrade, refused readers included, goes back to HTTP without its
 * Upgrade header, where the application answers it: RFC 9110, 7.8 allows to ignore an upgrade, and so a refusal has
 * its JSON, and `curl --http2` (which asks for h2c) gets an answer. @hono/node-server's own upgrade does neither.
 */
export const acceptReaders = (server: Server, door: Door, readers: Readers): void => {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const target = request.url ?? ''
    const url = URL.canParse(target, HERE) ? new URL(target, HERE) : null
    const { headers } = request
    const admitted =
      url?.pathname === LIVE &&
      isWebSocket(request) &&
      refusalOf(door, {
        origin: headers.origin,
        host: headers.host,
        protocols: headers['sec-websocket-protocol'],
        token: url.searchParams.get('token'),
      }) === null
    if (admitted) void readers.accept(request, socket, head, url.searchParams.get('after'))
    else handBack(server, request, socket, head)
  })
}

/** RFC 6455, 4.2.1. */
const isWebSocket = ({ method, headers }: IncomingMessage): boolean =>
  method === 'GET' &&
  headers.upgrade?.toLowerCase() === 'websocket' &&
  headers['sec-websocket-version'] === '13' &&
  /^[+/\dA-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '')

/** Node has let go of the connection: the request's head is written again and the connection begins anew. */
const handBack = (server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void => {
  const { rawHeaders } = request
  const lines = [`${request.method} ${request.url} HTTP/1.1`]
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (!/^(upgrade|connection|http2-settings)$/i.test(rawHeaders[i]!))
      lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`)
  socket.unshift(Buffer.concat([Buffer.from(lines.join('\r\n') + '\r\n\r\n', 'latin1'), head]))
  server.emit('connection', socket)
}
