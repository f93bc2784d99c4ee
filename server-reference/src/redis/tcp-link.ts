import { createClient } from 'redis'
import type { RedisLink } from './redis-link.js'

/** Milliseconds between tries to connect again. */
const RECONNECT = 250
const CONNECT_TIMEOUT = 1_000

/**
 * Redis over its own protocol. Nothing waits for a connection: without the offline queue a command fails at once when
 * there is none (the default keeps commands, and so requests, until Redis is back).
 */
export const createTcpLink = (url: string): RedisLink => {
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: { connectTimeout: CONNECT_TIMEOUT, reconnectStrategy: RECONNECT, keepAlive: true },
  })
  const subscriber = client.duplicate({ disableOfflineQueue: false })
  for (const connection of [client, subscriber]) {
    // Errors are told by the commands that fail; without a listener Node would end the process.
    connection.on('error', () => {})
    connection.connect().catch(() => {})
  }
  return {
    send: (commands) => Promise.all(commands.map((command) => client.sendCommand([...command]))),
    // It stands as soon as Redis does; nobody waits longer for one that is away.
    subscribe: (channel, onText) =>
      new Promise((resolve) => {
        const late = setTimeout(resolve, CONNECT_TIMEOUT)
        subscriber
          .subscribe(channel, onText)
          .catch(() => {})
          .finally(() => {
            clearTimeout(late)
            resolve()
          })
      }),
    close: async () => {
      client.destroy()
      subscriber.destroy()
    },
  }
}
