import type { LiveMessage } from '@opsmantik/tracker/contract'
import { CALLS_PAGE } from '../store/calls-after.js'
import type { Store } from '../store/store.js'
import { callMessage } from './call-message.js'
import type { Feed } from './feed.js'
import { cursorBefore, cursorBehind, OVERLAP_US } from './overlap.js'
import { positionOf } from './position.js'

/** Milliseconds between attempts while the database does not answer. */
const RETRY_MS = 2_000
/** Pages that are read at a time, by all readers together. */
const MAX_READING = 4
/** Microseconds that a reader may go back when it resumes: the contract asks for an hour. */
const RESUME_MAX_US = 86_400_000_000
/** Microseconds that clocks of processes may differ: positions of messages that are no calls have their process's time. */
const CLOCKS_US = 60_000_000

/** A reader that is sent what it missed. */
export interface CaughtUp {
  isGone(): boolean
  /** Sends a message; resolves once there is room for the next one, with false if the reader has gone. */
  send(message: LiveMessage): Promise<boolean>
}

export interface CatchUp {
  /** Sends a reader everything that was recorded after the position that it names, from the database if necessary. */
  (after: string, reader: CaughtUp): Promise<void>
}

/**
 * @param isAlone there is no other process: what this one remembers after a position is all there is. With several, the
 *   reader's last process may have shown calls in another order than this one, so the database is read.
 */
export const createCatchUp = (
  feed: Feed,
  store: Pick<Store, 'callsAfter'>,
  isAlone: boolean,
  now: () => number = Date.now,
): CatchUp => {
  let reading = 0
  const queue: (() => void)[] = []
  const readPage: Store['callsAfter'] = async (cursor) => {
    if (reading >= MAX_READING) await new Promise<void>((resolve) => queue.push(resolve))
    else reading++
    try {
      return await store.callsAfter(cursor)
    } finally {
      const next = queue.shift()
      if (next === undefined) reading--
      else next()
    }
  }

  return async (after, { isGone, send }) => {
    const position = positionOf(after)
    if (position === null) return
    const remembered = feed.since(after)
    // Position 0 is before everything: what is remembered is all that a new reader is shown.
    if (position.us === 0 || (isAlone && feed.remembers(after))) {
      for (const message of remembered) if (!(await send(message))) return
      return
    }
    // A call in this process's memory may have the detail of its request, which the database does not store.
    const known = new Map(
      feed
        .since('0')
        .flatMap((message) => (message.type === 'call' ? [[message.id, message]] : [])),
    )
    const others = remembered.filter(({ type }) => type !== 'call')
    const sendOthers = async (until: number): Promise<boolean> => {
      while (others[0] !== undefined && others[0].at <= until)
        if (!(await send(others.shift()!))) return false
      return true
    }
    const oldest = now() * 1000 - RESUME_MAX_US
    const overlap = position.callId === null ? OVERLAP_US + CLOCKS_US : OVERLAP_US
    let cursor = cursorBefore(Math.max(position.us, oldest), overlap)
    for (;;) {
      const calls = await readPage(cursor).catch(() => null)
      if (calls === null) {
        await new Promise((again) => setTimeout(again, RETRY_MS))
        if (isGone()) return
        continue
      }
      for (const call of calls) {
        cursor = cursorBehind(call)
        const message = callMessage(call)
        if (message.id === after) continue
        if (!(await sendOthers(message.at))) return
        if (!(await send(known.get(message.id) ?? message))) return
      }
      if (calls.length < CALLS_PAGE) break
    }
    await sendOthers(Infinity)
  }
}
