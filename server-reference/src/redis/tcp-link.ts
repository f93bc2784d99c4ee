import { createClient } from 'redis'
import { COMMAND, PING_MS, SOCKET } from './connection.js'
import type { RedisLink } from './redis-link.js'
import { createSubscriber } from './subscriber.js'

/**
 * Creates a link to Redis over its own protocol. Commands do not wait for a connection: without the offline queue a
 * command fails immediately if there is no connection (the default keeps commands, and so requests, until Redis is
 * back).
 */
export const createTcpLink = (url: string): RedisLink => {
  const client = createClient({
    url,
    disableOfflineQueue: true,
    commandOptions: COMMAND,
    socket: SOCKET,
    pingInterval: PING_MS,
  })
  // The commands that fail report errors; without a listener Node would end the process.
  client.on('error', () => {})
  client.connect().catch(() => {})
  const subscriber = createSubscriber(() => [url])
  return {
    isCluster: false,
    nodeTags: () => ['probe'],
    send: (commands) => Promise.all(commands.map(({ args }) => client.sendCommand([...args]))),
    subscribe: subscriber.subscribe,
    close: async () => {
      subscriber.close()
      client.destroy()
    },
  }
}
