import { createClient } from 'redis'
import { CONNECT_TIMEOUT_MS, PING_MS, SOCKET } from './connection.js'

/** Milliseconds before a broken subscription is made again, at the next node. */
const RESUBSCRIBE_MS = 250

/**
 * Subscribes to a channel at any of the nodes, and at the next one if the connection breaks: a cluster hands what is
 * published at one node to all of them.
 */
export const createSubscriber = (
  urls: () => readonly string[],
): {
  /**
   * Resolves once the subscription is established, or after a second, so that a store that is down delays nothing
   * further.
   */
  subscribe(channel: string, onText: (text: string) => void): Promise<void>
  close(): void
} => {
  let isClosed = false
  let closeCurrent = (): void => {}
  let turn = 0

  const listen = async (
    channel: string,
    onText: (text: string) => void,
    onOpen: () => void,
  ): Promise<void> => {
    const all = urls()
    const client = createClient({
      url: all[turn++ % all.length]!,
      socket: { ...SOCKET, reconnectStrategy: false },
      pingInterval: PING_MS,
    })
    const ended = new Promise<void>((resolve) =>
      client.on('error', () => resolve()).on('end', resolve),
    )
    closeCurrent = () => client.destroy()
    try {
      await client.connect()
      await client.subscribe(channel, onText)
      onOpen()
      await ended
    } finally {
      client.destroy()
    }
  }
  return {
    subscribe: (channel, onText) =>
      new Promise((resolve) => {
        setTimeout(resolve, CONNECT_TIMEOUT_MS).unref()
        void (async () => {
          while (!isClosed) {
            await listen(channel, onText, resolve).catch(() => {})
            if (!isClosed) await new Promise((again) => setTimeout(again, RESUBSCRIBE_MS).unref())
          }
        })()
      }),
    close: () => {
      isClosed = true
      try {
        closeCurrent()
      } catch {
        // It was closed already.
      }
    },
  }
}
