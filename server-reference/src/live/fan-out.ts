import { randomUUID } from 'node:crypto'
import type { LiveMessage } from '@opsmantik/tracker/contract'
import type { Logger } from 'pino'
import type { Channel } from './channel.js'
import type { Feed } from './feed.js'

/** Milliseconds: how often a process with readers says so, and how long the others believe it. */
const SAY_SO = 30_000
const BELIEVE = 75_000
/** Milliseconds that a first reader waits until the others know of it. */
const HELLO_TIMEOUT = 200

interface Envelope {
  from: string
  /** Somebody reads at the sender's. */
  reading?: string
  messages?: LiveMessage[]
}

export interface FanOut {
  /** Resolves when the other processes know that somebody reads here. */
  announce(): Promise<void>
  close(): Promise<void>
}

/**
 * With more than one process, every reader sees every call. A process sends only while somebody reads elsewhere: where
 * nobody looks, a call costs nothing more. What waits in one turn goes as one text.
 */
export const createFanOut = async (
  feed: Feed,
  channel: Channel,
  log: Logger,
  now: () => number = Date.now,
): Promise<FanOut> => {
  const me = randomUUID()
  const echoes = new Map<string, () => void>()
  let readUntil = 0
  let waiting: LiveMessage[] = []

  const post = (content: Omit<Envelope, 'from'>): void =>
    channel.send(JSON.stringify({ from: me, ...content } satisfies Envelope))

  const flush = (): void => {
    const messages = waiting
    waiting = []
    post({ messages })
  }
  const forward = (message: LiveMessage): void => {
    if (now() > readUntil) return
    if (waiting.push(message) === 1) setImmediate(flush)
  }
  const hear = (text: string): void => {
    let envelope: Envelope
    try {
      envelope = JSON.parse(text) as Envelope
    } catch {
      log.warn('the live channel carried something that is not ours')
      return
    }
    const { from, reading, messages = [] } = envelope
    if (from === me) echoes.get(reading ?? '')?.()
    else if (reading !== undefined) readUntil = now() + BELIEVE
    else for (const message of messages) feed.receive(message)
  }
  const sayReading = (): Promise<void> =>
    new Promise((resolve) => {
      const word = randomUUID()
      const done = (): void => {
        clearTimeout(late)
        echoes.delete(word)
        resolve()
      }
      const late = setTimeout(done, HELLO_TIMEOUT)
      echoes.set(word, done)
      post({ reading: word })
    })

  await channel.listen(hear)
  const stopForwarding = feed.onPublish(forward)
  const again = setInterval(() => {
    if (feed.hasReaders()) void sayReading()
  }, SAY_SO)
  again.unref()
  return {
    // Everybody who listens has heard it when it comes back to us.
    announce: async () => {
      if (!feed.hasReaders()) await sayReading()
    },
    close: async () => {
      clearInterval(again)
      stopForwarding()
      await channel.close()
    },
  }
}
