import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { LIVE } from '@opsmantik/tracker/contract'
import { isWebSocketRequest } from '../http/websocket-request.js'
import { accessOf } from '../access/access-of.js'
import type { Opened } from '../access/access.js'
import type { World } from '../world.js'
import { judgeReader } from './handshake.js'
import { addressOf, type Readers } from './readers.js'

/** Only the path and the query of a request's target count. */
const HERE = 'http://localhost'

/**
 * Admits readers of the live feed. Other WebSocket upgrades arrive here too, and all upgrades on a Node that does not
 * call `shouldUpgradeCallback`. They go back to HTTP without their Upgrade header, and the application responds: RFC
 * 9110, 7.8 allows ignoring an upgrade, so a refusal has its JSON, and `curl --http2` (h2c) gets a response.
 */
export const acceptReaders = (server: Server, world: World, readers: Readers): void => {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const onBroken = (): void => void socket.destroy()
    socket.on('error', onBroken)
    judge(world, request).then(
      ({ opened, after }) => {
        socket.off('error', onBroken)
        if (socket.destroyed) return
        if (opened === null) handBack(server, request, socket, head)
        else void readers.accept(request, socket, head, after, opened)
      },
      // The application answers, and says what failed.
      () => {
        socket.off('error', onBroken)
        if (!socket.destroyed) handBack(server, request, socket, head)
      },
    )
  })
}

/** Says what this request may read of the feed: null if it is no reader, or is refused. */
const judge = async (
  world: World,
  request: IncomingMessage,
): Promise<{ opened: Opened | null; after: string | null }> => {
  const target = request.url ?? ''
  const url = URL.canParse(target, HERE) ? new URL(target, HERE) : null
  if (url?.pathname !== LIVE || !isWebSocketRequest(request)) return { opened: null, after: null }
  const { headers } = request
  const judged = await judgeReader(world, accessOf(world), {
    origin: headers.origin,
    host: headers.host,
    protocols: headers['sec-websocket-protocol'],
    token: url.searchParams.get('token'),
    address: addressOf(request, world.trustedHops),
  })
  return {
    opened: 'opened' in judged ? judged.opened : null,
    after: url.searchParams.get('after'),
  }
}

/**
 * Writes the request's head again and passes the connection to the server anew. Node detaches it at the end of the
 * head: `head` is the body and anything that follows. (A Node that reads the body itself calls `shouldUpgradeCallback`,
 * which refuses such requests.)
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
