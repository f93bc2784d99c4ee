import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { LIVE } from '@opsmantik/tracker/contract'
import { isWebSocketRequest } from '../http/websocket-request.js'
import { refusalOf, type Door } from './handshake.js'
import type { Readers } from './readers.js'

/** Only the path and the query of a request's target count. */
const HERE = 'http://localhost'

/**
 * Lets readers of the live feed in. Other upgrades arrive here too if they are WebSockets, and all of them on a Node that
 * does not ask `shouldUpgradeCallback`. They go back to HTTP without their Upgrade header, where the application answers:
 * RFC 9110, 7.8 allows to ignore an upgrade, and so a refusal has its JSON, and `curl --http2` (h2c) gets an answer.
 */
export const acceptReaders = (server: Server, door: Door, readers: Readers): void => {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const target = request.url ?? ''
    const url = URL.canParse(target, HERE) ? new URL(target, HERE) : null
    const { headers } = request
    const admitted =
      url?.pathname === LIVE &&
      isWebSocketRequest(request) &&
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

/**
 * Writes the request's head again and begins the connection anew. Node has let go of it at the end of the head: `head` is
 * the body and whatever follows. (A Node that reads the body itself asks `shouldUpgradeCallback`, which lets none pass.)
 */
const handBack = (server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void => {
  const { rawHeaders } = request
  const lines = [`${request.method} ${request.url} HTTP/1.1`]
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (!/^(upgrade|connection|http2-settings)$/i.test(rawHeaders[i]!))
      lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`)
  socket.unshift(Buffer.concat([Buffer.from(lines.join('\r\n') + '\r\n\r\n', 'latin1'), head]))
  server.emit('connection', socket)
}
