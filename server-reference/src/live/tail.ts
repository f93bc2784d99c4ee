import { CALLS_PAGE } from '../store/calls-after.js'
import type { Store } from '../store/store.js'
import { callMessage } from './call-message.js'
import type { Feed } from './feed.js'
import { cursorBefore, cursorBehind } from './overlap.js'

/** Milliseconds between two looks at the table, if the channel delivers messages, and if it does not. */
const RELAXED_MS = 5_000
const POLLING_MS = 1_000

/**
 * Looks for calls of other processes in the table while this one has readers, so that a reader misses none if the
 * channel loses some: a broken connection, too many messages, a pooler without LISTEN. The channel only makes it
 * faster.
 */
export const createTail = (
  feed: Feed,
  store: Pick<Store, 'callsAfter' | 'latestCall'>,
  isHeard: () => boolean,
  { relaxedMs = RELAXED_MS, pollingMs = POLLING_MS } = {},
): { start(): Promise<void>; close(): void } => {
  let isRunning = false
  let isClosed = false
  /** The newest row that was seen, in µs; null: the table has not been read yet. */
  let newest: number | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  const look = async (): Promise<void> => {
    const isFirst = newest === null
    const from = newest ?? (await store.latestCall())?.recordedAt ?? 0
    let seen = from
    let cursor = cursorBefore(from)
    for (;;) {
      const calls = await store.callsAfter(cursor)
      for (const call of calls) {
        cursor = cursorBehind(call)
        seen = Math.max(seen, call.recordedAt)
        // Calls from before the first reader are not news; the feed drops those that it has shown.
        if (isFirst) feed.markShown(callMessage(call))
        else feed.receive(callMessage(call))
      }
      if (calls.length < CALLS_PAGE || isClosed) break
    }
    newest = seen
  }
  const schedule = (): void => {
    if (isClosed) return
    timer = setTimeout(() => void again(), isHeard() ? relaxedMs : pollingMs)
    timer.unref?.()
  }
  const again = async (): Promise<void> => {
    if (!feed.hasReaders()) {
      isRunning = false
      return
    }
    // A database that does not answer is asked again.
    await look().catch(() => {})
    schedule()
  }
  return {
    start: async () => {
      if (isRunning || isClosed) return
      isRunning = true
      newest = null
      await look().catch(() => {})
      schedule()
    },
    close: () => {
      isClosed = true
      clearTimeout(timer)
    },
  }
}
