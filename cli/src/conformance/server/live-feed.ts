import { LIVE } from '@opsmantik/tracker/contract'
import { must, Nonconformance, NotSeen } from '../check.js'
import type { Exchange } from '../../probe/exchange.js'
import type { Connection } from '../../probe/websocket.js'
import { searchForLeaks } from './leaks.js'
import type { Server } from './server.js'

/** Milliseconds in which a message has to come. */
export const SOON = 5_000
export const PROTOCOL = 'ops.live.v1'

/** Returns the feed's token. @throws NotSeen without one */
export const tokenOf = (server: Server): string => {
  const { liveToken } = server.options
  if (!liveToken) throw new NotSeen('needs --live-token-env')
  return liveToken
}

/** Opens the feed as the console does. */
export const openFeed = async (server: Server, path = LIVE): Promise<Connection> => {
  const connection = await server.connect(path, {
    Origin: server.origin,
    'Sec-WebSocket-Protocol': `${PROTOCOL}, token.${tokenOf(server)}`,
  })
  must(
    connection.status === 101,
    `the handshake of the allowed origin with the token: expected 101, got ${connection.status}`,
  )
  servers.set(connection, server)
  return connection
}

/** Whose connections they are. */
const servers = new WeakMap<Connection, Server>()

/** A message of the feed, as a response that is searched like others. */
const messageOf = ({ headers }: Connection, text: string): Exchange => ({
  request: { method: 'GET', url: LIVE, headers: {} },
  status: 101,
  headers,
  text,
  json: {},
})

/** Reads until a message is the one, or the time is over. */
export const find = async (
  connection: Connection,
  isIt: (message: Record<string, unknown>) => boolean,
  ms: number,
): Promise<Record<string, unknown> | undefined> => {
  const server = servers.get(connection)
  const deadline = Date.now() + ms
  for (;;) {
    const text = await connection.next(deadline - Date.now())
    if (text === undefined) return undefined
    if (server) searchForLeaks(server.options, server.traces, messageOf(connection, text))
    let message: unknown
    try {
      message = JSON.parse(text)
    } catch {
      throw new Nonconformance(`a message is no JSON: ${text.slice(0, 100)}`)
    }
    if (isIt(Object(message) as Record<string, unknown>)) return Object(message)
  }
}

/** Reads until a message is the one. @throws Nonconformance if it does not come */
export const until = async (
  connection: Connection,
  isIt: (message: Record<string, unknown>) => boolean,
  what = 'the call as {"type":"call"} with its call_id',
): Promise<Record<string, unknown>> => {
  const message = await find(connection, isIt, SOON)
  if (!message)
    throw new Nonconformance(`expected ${what}; no such message came within ${SOON / 1000} s`)
  return message
}
