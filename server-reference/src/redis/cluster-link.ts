import { createCluster } from 'redis'
import { COMMAND, PING_MS, SOCKET } from './connection.js'
import type { RedisLink } from './redis-link.js'
import { slotOf } from './slot.js'
import { createSubscriber } from './subscriber.js'

/**
 * Milliseconds between attempts to find the cluster, and of reconnecting before its nodes are asked for the current
 * topology.
 */
const DISCOVER_MS = 250
const REFRESH_MS = 1_000
/** Hash tags that are tried to find one for each node; a thousand nodes would be found with it. */
const MAX_TAGS = 16_384

/** Creates a link to a Redis Cluster. The credentials of the first URL are used for all nodes, as is usual in clusters. */
export const createClusterLink = (urls: readonly string[]): RedisLink => {
  const first = new URL(urls[0]!)
  const credentials = {
    ...(first.username && { username: decodeURIComponent(first.username) }),
    ...(first.password && { password: decodeURIComponent(first.password) }),
  }
  const isTls = first.protocol === 'rediss:'
  const cluster = createCluster({
    commandOptions: COMMAND,
    rootNodes: urls.map((url) => ({ url })),
    defaults: {
      ...credentials,
      disableOfflineQueue: true,
      pingInterval: PING_MS,
      socket: isTls ? { ...SOCKET, tls: true } : SOCKET,
    },
    topologyRefreshOnReconnectionAttemptStrategy: REFRESH_MS,
  })
  cluster.on('error', () => {})
  let isClosed = false
  const connect = async (): Promise<void> => {
    while (!isClosed) {
      try {
        return void (await cluster.connect())
      } catch {
        await new Promise((again) => setTimeout(again, DISCOVER_MS).unref())
      }
    }
  }
  void connect()

  /** Returns the current nodes; before the cluster has been found, those of the configuration. */
  const nodeUrls = (): string[] => {
    const addresses = cluster.masters.map(({ address }) => address)
    if (addresses.length === 0) return [...urls]
    return addresses.map((address) => {
      const url = new URL(first)
      url.host = address
      return url.href
    })
  }
  const subscriber = createSubscriber(nodeUrls)
  return {
    isCluster: true,
    nodeTags: () => {
      const tags = new Map<unknown, string>()
      const wanted = Math.max(cluster.masters.length, 1)
      for (let n = 0; n < MAX_TAGS && tags.size < wanted; n++) {
        const tag = `probe${n}`
        const { master } = cluster.slots[slotOf(tag)] ?? {}
        if (!tags.has(master)) tags.set(master, tag)
      }
      return [...tags.values()]
    },
    send: (commands) =>
      Promise.all(commands.map(({ key, args }) => cluster.sendCommand(key, false, [...args]))),
    subscribe: subscriber.subscribe,
    close: async () => {
      isClosed = true
      subscriber.close()
      cluster.destroy()
    },
  }
}
