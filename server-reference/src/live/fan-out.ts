import { randomUUID } from 'node:crypto'
import type { LiveMessage } from '@opsmantik/tracker/contract'
import type { Logger } from 'pino'
import type { Channel } from './channel.js'
import { ENVELOPE_MAX, readEnvelope, writeEnvelope } from './envelope.js'
import type { Feed } from './feed.js'

/** Milliseconds between two hellos, and for which the others assume that the sender has readers. */
const HELLO_MS = 30_000
const BELIEVE_MS = 75_000
/** The same while the channel does not answer. */
const HELLO_AGAIN_MS = 5_000
/** Milliseconds that a first reader waits until the others know of it. */
const ANNOUNCE_MS = 200
/** Milliseconds in which a hello has to come back; otherwise nothing is heard on this channel. */
const ECHO_MS = 2_000
/** Messages that wait in one turn; readers elsewhere get the calls among further ones from the database. */
const MAX_WAITING = 1_000
/** Messages that are taken from other processes in a second. */
const RECEIVED_PER_SECOND = 2_000

export interface FanOut {
  /** Resolves when the other processes know that this one has readers. */
  announce(): Promise<void>
  /** Returns true if messages on the channel arrive, as far as this process knows. */
  isHeard(): boolean
  close(): Promise<void>
}

/**
 * Shares calls between processes, so that every reader sees every call. A process sends only while another one has
 * readers; without readers a call has no extra cost. Messages of one turn of the event loop are sent together.
 */
export const createFanOut = async (
  feed: Feed,
  channel: Channel,
  log: Logger,
  { isDetailed = false, now = Date.now as () => number } = {},
): Promise<FanOut> => {
  const me = randomUUID()
  const echoes = new Map<string, () => void>()
  let readUntil = 0
  let waiting: LiveMessage[] = []
  let isHeard = false
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  let hasWarned = false
  let second = 0
  let received = 0

  const flush = (): void => {
    const texts = waiting.map((message) => JSON.stringify(message))
    waiting = []
    let part: string[] = []
    let length = 0
    for (const text of texts) {
      // Half of the limit: NOTIFY's escapes make the text longer, and so does the envelope.
      if (length + text.length > ENVELOPE_MAX / 2) {
        if (part.length > 0) channel.send(writeEnvelope(me, { messages: part }))
        part = []
        length = 0
      }
      part.push(text)
      length += text.length
    }
    if (part.length > 0) channel.send(writeEnvelope(me, { messages: part }))
  }
  const isWanted = (): boolean => now() <= readUntil
  const forward = (message: LiveMessage): void => {
    if (!isWanted() || waiting.length >= MAX_WAITING) return
    if (waiting.push(message) === 1) setImmediate(flush)
  }
  const isTooMuch = (): boolean => {
    const current = Math.floor(now() / 1000)
    if (current !== second) {
      second = current
      received = 0
    }
    return ++received > RECEIVED_PER_SECOND
  }
  const hear = (text: string): void => {
    const envelope = readEnvelope(text, isDetailed)
    if (envelope === null) {
      if (!hasWarned) log.warn('the live channel carried something that is not ours')
      hasWarned = true
      return
    }
    const { from, hello, messages } = envelope
    if (from === me) echoes.get(hello?.word ?? '')?.()
    else if (hello?.isReading) readUntil = now() + BELIEVE_MS
    if (from !== me) for (const message of messages) if (!isTooMuch()) feed.receive(message)
  }
  /** Resolves with whether the hello was heard. */
  const sayHello = (isReading: boolean): Promise<boolean> =>
    new Promise((resolve) => {
      const word = randomUUID()
      const done = (heard: boolean): void => {
        clearTimeout(late)
        echoes.delete(word)
        isHeard = heard
        resolve(heard)
      }
      const late = setTimeout(() => done(false), ECHO_MS)
      late.unref()
      echoes.set(word, () => done(true))
      channel.send(writeEnvelope(me, { hello: { word, isReading } }))
    })
  const sayHelloAgain = async (): Promise<void> => {
    await sayHello(feed.hasReaders())
    if (isClosed) return
    timer = setTimeout(() => void sayHelloAgain(), isHeard ? HELLO_MS : HELLO_AGAIN_MS)
    timer.unref()
  }

  await channel.listen(hear)
  const stopForwarding = feed.onPublish(forward, isWanted)
  void sayHelloAgain()
  return {
    // Those who listen have mostly heard it when it comes back; what one of them misses, the database has.
    announce: async () => {
      if (feed.hasReaders()) return
      const late = new Promise<void>((resolve) => setTimeout(resolve, ANNOUNCE_MS).unref())
      await Promise.race([sayHello(true), late])
    },
    isHeard: () => isHeard,
    close: async () => {
      isClosed = true
      clearTimeout(timer)
      stopForwarding()
      await channel.close()
    },
  }
}
