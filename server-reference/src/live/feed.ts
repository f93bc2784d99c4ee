import type { LiveMessage } from '@opsmantik/tracker/contract'
import type { Detail } from './detail.js'
import { positionOf } from './position.js'

type Call = Extract<LiveMessage, { type: 'call' }>
type Other = Exclude<LiveMessage, { type: 'call' }>
type Unnumbered<Message> = Message extends unknown ? Omit<Message, 'id' | 'at'> : never
/** A message before the feed sets its time, and the position of those that are not calls. */
export type NewMessage = Omit<Call, 'at'> | Unnumbered<Other>

type Listener = (message: LiveMessage) => void

export interface Feed {
  /**
   * Returns true if a reader may see a call that is published now: one of this process, of another, or one that left a
   * few seconds ago. If false, `passOver` is called instead of `publish`.
   */
  isWanted(): boolean
  /** Notes that a call was recorded here without a message. A reader that comes later gets it from the database. */
  passOver(): void
  /**
   * Publishes what happened in this process.
   *
   * @param detail what the console shows of the request behind it; development only (`trace.ts`)
   */
  publish(message: NewMessage, detail?: Promise<Detail>): void
  /**
   * Receives a message that another process published, or that the database has. A call that was already shown is
   * dropped.
   */
  receive(message: LiveMessage): void
  /** Drops this call's message if it comes. */
  markShown(message: LiveMessage): void
  /** Returns the remembered messages after this position. */
  since(id: string): LiveMessage[]
  /** Returns true if this position is remembered, so that `since` returns exactly what this process has shown after it. */
  remembers(id: string): boolean
  subscribe(reader: Listener): () => void
  hasReaders(): boolean
  /**
   * Calls `listener` with each message that this process publishes, to send it to others.
   *
   * @param isWanted returns true if one of those others has readers
   */
  onPublish(listener: Listener, isWanted?: () => boolean): () => void
}

/** Number of messages that are remembered of each kind, so that a flood of refusals does not push the calls out. */
const REMEMBERED: Record<string, number> = { call: 500, sync: 100, refused: 200 }
/** Of a kind that a newer process beside this one knows, or a console in development, and how many such kinds. */
const OTHERS_REMEMBERED = 100
const MAX_KINDS = 16
/** Refusals shown per second; any client can cause them. */
const REFUSALS_PER_SECOND = 50
/**
 * Milliseconds for which calls go on being remembered when the last reader has gone: longer than the table is looked at
 * without one (`tail.ts`), so that a reader whose connection broke is shown no call twice.
 */
const LINGER_MS = 10_000
/** Calls whose message is dropped if it comes again: over the channel and from the database. */
const SHOWN_REMEMBERED = 10_000

/** Creates the live feed of this process: its readers, and the messages that a returning reader has missed. */
export const createFeed = (now: () => number = Date.now): Feed => {
  const readers = new Set<Listener>()
  const listeners = new Map<Listener, () => boolean>()
  /** With the order in which they came: positions of other processes may come late. */
  const history = new Map<string, { came: number; message: LiveMessage }[]>()
  const shown = new Set<string>()
  let came = 0
  /** The last message before a call that was skipped: the remembered messages have a gap after it. */
  let gap = -1
  /** When the last reader that has gone was there. */
  let left = -Infinity
  let last = 0
  let second = 0
  let refusals = 0

  /**
   * Returns the next id. Ids are in microseconds, so that positions keep growing after a restart and a reader's
   * `?after=` stays valid.
   */
  const nextId = (at: number): string => {
    last = Math.max(last + 1, at * 1000)
    return String(last)
  }
  const isTooMuch = (at: number): boolean => {
    if (Math.floor(at / 1000) !== second) {
      second = Math.floor(at / 1000)
      refusals = 0
    }
    return ++refusals > REFUSALS_PER_SECOND
  }
  /** A call that is matched later has a second message. */
  const isShown = (message: LiveMessage): boolean => {
    if (message.type !== 'call') return false
    const mark = `${message.call_id} ${message.status}`
    if (shown.has(mark) || shown.has(`${message.call_id} matched`)) return true
    shown.add(mark)
    if (shown.size > SHOWN_REMEMBERED) shown.delete(shown.values().next().value!)
    return false
  }
  const remember = (message: LiveMessage): void => {
    let kept = history.get(message.type)
    if (kept === undefined) {
      if (history.size >= MAX_KINDS) return
      kept = []
      history.set(message.type, kept)
    }
    kept.push({ came: ++came, message })
    if (kept.length > (REMEMBERED[message.type] ?? OTHERS_REMEMBERED)) kept.shift()
  }
  const show = (message: LiveMessage): boolean => {
    if (isShown(message)) return false
    remember(message)
    for (const reader of readers) reader(message)
    return true
  }
  const all = (): { came: number; message: LiveMessage }[] =>
    [...history.values()].flat().toSorted((a, b) => a.came - b.came)
  const isWanted = (): boolean => {
    if (readers.size > 0) return true
    for (const isWantedThere of listeners.values()) if (isWantedThere()) return true
    return now() - left < LINGER_MS
  }
  return {
    isWanted,
    passOver: () => {
      gap = came
    },
    publish: (unnumbered) => {
      const at = now()
      if (unnumbered.type === 'refused' && isTooMuch(at)) return
      const id = unnumbered.type === 'call' ? unnumbered.id : nextId(at)
      const message = { ...unnumbered, id, at } as LiveMessage
      if (show(message)) for (const listener of listeners.keys()) listener(message)
    },
    receive: (message) => void show(message),
    markShown: (message) => void isShown(message),
    since: (id) => {
      const remembered = all()
      // A position that is known is exact. Another process's, or one from before a restart, goes by its time.
      const known = remembered.findLast(({ message }) => message.id === id)
      const us = positionOf(id)?.us ?? Infinity
      const missed = remembered.filter((kept) =>
        known === undefined ? (positionOf(kept.message.id)?.us ?? 0) > us : kept.came > known.came,
      )
      return missed.map(({ message }) => message)
    },
    remembers: (id) =>
      [...history.values()].flat().some((kept) => kept.came > gap && kept.message.id === id),
    subscribe: (reader) => {
      readers.add(reader)
      return () => {
        if (readers.delete(reader)) left = now()
      }
    },
    hasReaders: () => readers.size > 0,
    onPublish: (listener, isWantedThere = () => true) => {
      listeners.set(listener, isWantedThere)
      return () => listeners.delete(listener)
    },
  }
}
