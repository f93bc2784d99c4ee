import type { Logger } from 'pino'
import type { RedisLink } from './redis-link.js'

/** Milliseconds that a request waits for Redis, all in all below the contract's 50 (section 9). */
const PATIENCE = 40
/** Milliseconds between asking a Redis that went away whether it is back. */
const PROBE = 250
/** Milliseconds that the start waits for the first answer. */
const START = 1_000

/** Redis is away: the caller does what it does without it. */
export class RedisAway extends Error {
  constructor() {
    super('Redis does not answer')
    this.name = 'RedisAway'
  }
}

/**
 * The store that processes share, which may go away at any time. The first request that waits in vain waits 40 ms;
 * from then on `send` fails at once, until a probe, which no request waits for, is answered.
 */
export interface SharedRedis extends RedisLink {
  isUp(): boolean
  /** Resolves once Redis has answered, or has not within a second: the server starts without it too. */
  started(): Promise<void>
}

export const createSharedRedis = (
  link: RedisLink,
  log: Logger,
  { patience = PATIENCE, probeEvery = PROBE } = {},
): SharedRedis => {
  let isUp = true
  let isClosed = false
  let probe: NodeJS.Timeout | undefined

  const inTime = <T>(work: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      // One more turn: after a long task of our own the answer may lie in the socket, unread.
      const late = setTimeout(() => setImmediate(() => reject(new RedisAway())), patience)
      work.then(resolve, reject).finally(() => clearTimeout(late))
    })

  const lose = (error: unknown): void => {
    if (!isUp || isClosed) return
    isUp = false
    // Only the message: a connection's error may carry its URL, and a URL a password.
    const reason = error instanceof Error ? error.message : String(error)
    log.warn(
      { reason },
      'Redis is away: limits and replay keys are in this memory, with smaller limits',
    )
    probe = setTimeout(ask, probeEvery)
  }
  const ask = async (): Promise<void> => {
    try {
      await inTime(link.send([['PING']]))
      isUp = true
      log.info('Redis is back')
    } catch {
      if (!isClosed) probe = setTimeout(ask, probeEvery)
    }
  }
  return {
    isUp: () => isUp,
    started: async () => {
      const end = Date.now() + START
      for (;;) {
        try {
          await inTime(link.send([['PING']]))
          return
        } catch (error) {
          if (Date.now() > end) return lose(error)
        }
        await new Promise((again) => setTimeout(again, 20))
      }
    },
    send: async (commands) => {
      if (!isUp) throw new RedisAway()
      try {
        return await inTime(link.send(commands))
      } catch (error) {
        lose(error)
        throw error
      }
    },
    subscribe: (channel, onText) => link.subscribe(channel, onText),
    close: async () => {
      isClosed = true
      clearTimeout(probe)
      await link.close()
    },
  }
}
