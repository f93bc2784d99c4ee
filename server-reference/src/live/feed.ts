import type { LiveMessage } from '@opsmantik/tracker/contract'
import type { Detail } from './detail.js'

type Unnumbered<Message> = Message extends unknown ? Omit<Message, 'id' | 'at'> : never
/** A message before the feed gives it its position and time. */
export type NewMessage = Unnumbered<LiveMessage>

type Listener = (message: LiveMessage) => void

export interface Feed {
  /**
   * Something happened in this process.
   *
   * @param detail what the console shows of the request behind it; development only (`trace.ts`)
   */
  publish(message: NewMessage, detail?: Promise<Detail>): void
  /** Another process published this. */
  receive(message: LiveMessage): void
  /** What came after this position, as far as it is remembered. */
  since(id: string): LiveMessage[]
  subscribe(reader: Listener): () => void
  hasReaders(): boolean
  /** Hears what this process publishes, to tell it to others. */
  onPublish(listener: Listener): () => void
}

/** What is remembered of each kind, so that a flood of refusals does not push the calls out. */
const REMEMBERED: Record<string, number> = { call: 500, sync: 100, refused: 200 }
/** Of a kind that a newer process beside this one knows, or a console in development. */
const OTHERS_REMEMBERED = 100
/** Refusals shown per second; anybody can cause them. */
const REFUSALS_PER_SECOND = 50

/** The live feed of this process: who reads, and what a reader that comes back has missed. */
export const createFeed = (now: () => number = Date.now): Feed => {
  const readers = new Set<Listener>()
  const listeners = new Set<Listener>()
  /** With the order in which they came: positions of other processes may come late. */
  const history = new Map<string, { came: number; message: LiveMessage }[]>()
  let came = 0
  let last = 0
  let second = 0
  let refusals = 0

  /** Microseconds, so that positions go on growing after a restart: a reader's `?after=` stays good. */
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
  const receive = (message: LiveMessage): void => {
    const kept = history.get(message.type) ?? []
    history.set(message.type, kept)
    kept.push({ came: ++came, message })
    if (kept.length > (REMEMBERED[message.type] ?? OTHERS_REMEMBERED)) kept.shift()
    for (const reader of readers) reader(message)
  }
  return {
    publish: (unnumbered) => {
      const at = now()
      if (unnumbered.type === 'refused' && isTooMuch(at)) return
      const message: LiveMessage = { ...unnumbered, id: nextId(at), at }
      receive(message)
      for (const listener of listeners) listener(message)
    },
    receive,
    since: (id) => {
      const all = [...history.values()].flat().toSorted((a, b) => a.came - b.came)
      // A position that is known is exact. Another process's, or one from before a restart, goes by its time.
      const known = all.find(({ message }) => message.id === id)
      const missed = all.filter((kept) =>
        known === undefined ? Number(kept.message.id) > Number(id) : kept.came > known.came,
      )
      return missed.map(({ message }) => message)
    },
    subscribe: (reader) => {
      readers.add(reader)
      return () => readers.delete(reader)
    },
    hasReaders: () => readers.size > 0,
    onPublish: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
