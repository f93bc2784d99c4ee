import { quietly } from './quietly.js'
import { seal, unseal } from './seal.js'

/** Provides a small part of `Storage`, under the keys of one site. Never throws. */
export interface KeyValueStore {
  /** Returns the saved value, or nothing if there is none or other code wrote it. */
  load(key: string): unknown
  /** Keeps a value, or removes it if there is none. */
  save(key: string, value?: unknown): void
  keys(): string[]
}

/**
 * Creates a store over web storage; what storage refuses (blocked, full, absent, no consent) is kept in memory instead.
 *
 * @param ask returns the storage or undefined, or throws; asked anew each time, because a page fills, clears and blocks it as it runs
 * @param prefix the beginning of our own keys
 */
export const createStore = (ask: () => Storage | undefined, prefix: string): KeyValueStore => {
  const memory: Record<string, string> = {}
  return {
    load: (key) => quietly(() => unseal(memory[key] || ask()![prefix + key])),
    save(key, value) {
      memory[key] = value ? seal(value) : ''
      quietly(() => {
        const area = ask()!
        if (value) area[prefix + key] = memory[key]
        else delete area[prefix + key]
        delete memory[key]
      })
    },
    keys: () =>
      Object.keys(memory).concat(
        quietly(() => Object.keys(ask()!).flatMap((key) => key.split(prefix)[1] || [])) || [],
      ),
  }
}
