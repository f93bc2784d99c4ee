import type { LiveMessage } from '@opsmantik/tracker/contract'

type Unnumbered<Message> = Message extends unknown ? Omit<Message, 'id' | 'at'> : never
/** A message before the feed gives it its position and time. */
export type NewMessage = Unnumbered<LiveMessage>

export interface Feed {
  publish(message: NewMessage): void
  /** What came after this position, as far as it is remembered. */
  since(id: string): LiveMessage[]
  subscribe(reader: (message: LiveMessage) => void): () => void
}

/** What is remembered of each kind, so that a flood of refusals does not push the calls out. */
const REMEMBERED = { call: 500, sync: 100, refused: 200 } as const
/** Refusals shown per second; anybody can cause them. */
const REFUSALS_PER_SECOND = 50

/** The live feed of this process: who reads, and what a reader that comes back has missed. */
export const createFeed = (now: () => number = Date.now): Feed => {
  const readers = new Set<(message: LiveMessage) => void>()
  const history: Record<LiveMessage['type'], LiveMessage[]> = { call: [], sync: [], refused: [] }
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
  return {
    publish: (unnumbered) => {
      const at = now()
      if (unnumbered.type === 'refused' && isTooMuch(at)) return
      const message: LiveMessage = { ...unnumbered, id: nextId(at), at }
      const kept = history[message.type]
      kept.push(message)
      if (kept.length > REMEMBERED[message.type]) kept.shift()
      for (const reader of readers) reader(message)
    },
    since: (id) => {
      const after = Number(id)
      return Object.values(history)
        .flat()
        .filter((message) => Number(message.id) > after)
        .toSorted((a, b) => Number(a.id) - Number(b.id))
    },
    subscribe: (reader) => {
      readers.add(reader)
      return () => readers.delete(reader)
    },
  }
}
