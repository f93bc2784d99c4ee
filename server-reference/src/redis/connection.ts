export const CONNECT_TIMEOUT_MS = 1_000
/** Milliseconds between attempts to connect again. */
const RECONNECT_MS = 250
/** Milliseconds without any traffic, pings included, after which a connection is closed because its other end hangs. */
const SILENCE_MS = 30_000

/** Milliseconds between pings, which keep an idle connection from being silent. */
export const PING_MS = 10_000

/** Socket options for connecting and reconnecting to Redis. */
export const SOCKET = {
  connectTimeout: CONNECT_TIMEOUT_MS,
  reconnectStrategy: () => RECONNECT_MS,
  keepAlive: true,
  socketTimeout: SILENCE_MS,
} as const

/**
 * Options for commands. The link has no timeout of its own, because `shared-redis.ts` waits for the store's patience: by
 * default node-redis creates an AbortSignal for each command, and five seconds later an exception with a stack.
 */
export const COMMAND = { timeout: 0 } as const
