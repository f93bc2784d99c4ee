import type { Logger } from 'pino'
import { PATIENCE_TCP_MS } from './patience.js'
import { probeCommands, isProbed } from './probe.js'
import type { RedisCommand, RedisLink } from './redis-link.js'

/** Milliseconds between probes of a store that is down. */
const PROBE_MS = 250
/** Milliseconds that a store has to execute every probe before it is up again. */
const STEADY_MS = 1_000
/** A store that goes down within this time of coming back has to be steady twice as long the next time, up to a minute. */
const RELAPSE_MS = 60_000
const STEADY_MAX_MS = 60_000
/** Milliseconds without a command after which a store that is up is probed, which also keeps its connections. */
const IDLE_MS = 15_000
/** Milliseconds that the start waits for the first answer. */
const START_MS = 1_000
/** Messages on their way to the channel; more are left out. */
const MAX_PUBLISHING = 16
/** Characters of a store's own words in the log. */
const REASON_SHOWN = 200

/** Redis is down: the caller does what it does without it. */
export class RedisDown extends Error {
  constructor() {
    super('no answer in time')
    this.name = 'RedisDown'
  }
}

/**
 * The store that processes share, which may go down at any time. It is judged by the commands that requests need, not
 * by a ping: a read-only replica, a full memory, a lost permission, a slow or a lying store are all down. The first
 * request that waits in vain waits for the store's patience; from then on `send` fails at once, until probes, which no
 * request waits for, have succeeded for a while.
 */
export interface SharedRedis {
  readonly isCluster: boolean
  /** Milliseconds that a request waits for it, all in all. */
  readonly patienceMs: number
  isUp(): boolean
  /** Returns how often it went down. */
  outages(): number
  /** Resolves once Redis has answered, or has not within a second: the server starts without it too. */
  started(): Promise<void>
  /**
   * Returns a reply for each command.
   *
   * @param waitedMs milliseconds for which the requests behind it have already waited for their turn
   * @throws if any fails, and then the store is down
   */
  send(commands: readonly RedisCommand[], waitedMs?: number): Promise<unknown[]>
  /** Reports an impossible reply, after which the store counts as down. */
  distrust(reason: string): void
  /** Publishes if it can; never throws. */
  publish(channel: string, text: string): void
  subscribe(channel: string, onText: (text: string) => void): Promise<void>
  close(): Promise<void>
}

export const createSharedRedis = (
  link: RedisLink,
  log: Logger,
  {
    patienceMs = PATIENCE_TCP_MS,
    probeMs = PROBE_MS,
    steadyMs = STEADY_MS,
    idleMs = IDLE_MS,
    now = (): number => performance.now(),
  } = {},
): SharedRedis => {
  let isUp = true
  let isClosed = false
  let outages = 0
  let timer: NodeJS.Timeout | undefined
  let lastUsed = now()
  let wentUp = -Infinity
  let needed = steadyMs
  let steadySince: number | null = null
  let isProbing = false
  /** True while a probe has no reply, even if nothing waits for it any more. */
  let isUnanswered = false
  let publishing = 0

  const inTime = <T>(work: Promise<T>, ms: number): Promise<T> =>
    new Promise((resolve, reject) => {
      // One more turn: after a long task of our own the answer may be in the socket, unread.
      const late = setTimeout(() => setImmediate(() => reject(new RedisDown())), ms)
      work.then(resolve, reject).finally(() => clearTimeout(late))
    })

  const schedule = (ms: number): void => {
    clearTimeout(timer)
    timer = setTimeout(() => void probe(), ms)
    timer.unref()
  }
  const lose = (reason: string): void => {
    if (!isUp || isClosed) return
    isUp = false
    outages++
    steadySince = null
    needed = now() - wentUp < RELAPSE_MS ? Math.min(needed * 2, STEADY_MAX_MS) : steadyMs
    log.warn(
      { reason: printable(reason) },
      'Redis is down: limits and replay keys are in the memory of this process, with smaller limits',
    )
    schedule(probeMs)
  }
  /** Executes all that requests need, on every node. A store that hangs gets no second probe while it owes an answer. */
  const execute = async (ms: number): Promise<void> => {
    if (isUnanswered) throw new RedisDown()
    const commands = link.nodeTags().map(probeCommands)
    isUnanswered = true
    const sent = link.send(commands.flat()).finally(() => (isUnanswered = false))
    const replies = await inTime(sent, ms)
    let at = 0
    for (const own of commands)
      if (!isProbed(replies.slice(at, (at += own.length)))) throw new Error('a reply is wrong')
  }
  const probe = async (): Promise<void> => {
    if (isProbing || isClosed) return
    if (isUp && now() - lastUsed < idleMs) return schedule(idleMs)
    isProbing = true
    const began = now()
    try {
      await execute(patienceMs)
      succeed(began)
    } catch (error) {
      if (isUp) lose(reasonOf(error))
      steadySince = null
    } finally {
      isProbing = false
    }
    if (!isClosed) schedule(isUp ? idleMs : probeMs)
  }
  const succeed = (began: number): void => {
    lastUsed = now()
    if (isUp) return
    steadySince ??= began
    if (now() - steadySince < needed) return
    isUp = true
    wentUp = now()
    log.info('Redis is up again')
  }

  return {
    isCluster: link.isCluster,
    patienceMs,
    isUp: () => isUp,
    outages: () => outages,
    started: async () => {
      const end = now() + START_MS
      for (;;) {
        try {
          await execute(Math.max(patienceMs, START_MS / 2))
          break
        } catch (error) {
          if (now() > end) return lose(reasonOf(error))
        }
        await new Promise((again) => setTimeout(again, 20))
      }
      schedule(idleMs)
    },
    send: async (commands, waitedMs = 0) => {
      if (!isUp) throw new RedisDown()
      lastUsed = now()
      try {
        return await inTime(link.send(commands), Math.max(patienceMs - waitedMs, 0))
      } catch (error) {
        lose(reasonOf(error))
        throw error
      }
    },
    distrust: lose,
    publish: (channel, text) => {
      if (publishing >= MAX_PUBLISHING) return
      publishing++
      const done = (): void => void publishing--
      inTime(link.send([{ args: ['PUBLISH', channel, text] }]), patienceMs).then(done, done)
    },
    subscribe: (channel, onText) => link.subscribe(channel, onText),
    close: async () => {
      isClosed = true
      clearTimeout(timer)
      await link.close()
    },
  }
}

/** Returns only the error's message: a connection's error may contain its URL, and a URL a password. */
const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)

/** Returns the store's text for the log, without control characters and cut, because it is untrusted input. */
const printable = (reason: string): string =>
  reason.replace(/[^\x20-\x7e]/g, '?').slice(0, REASON_SHOWN)
