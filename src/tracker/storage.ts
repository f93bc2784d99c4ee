import { quietly } from './quietly.js'

/** A small part of `Storage`, under keys of one site. It never throws. */
export interface Store {
  /** Returns what was written, by us or by anybody else, or undefined. */
  load(key: string): string | undefined
  save(key: string, value: string): void
  drop(key: string): void
  keys(): string[]
}

/**
 * Creates a store over web storage; what storage refuses (blocked, full, absent, no consent) is kept in memory instead.
 *
 * @param ask returns the storage or undefined, or throws; asked anew each time, because a page fills, clears and blocks it as it runs
 * @param prefix the beginning of our own keys
 */
export const createStore = (ask: () => Storage | undefined, prefix: string): Store => {
  const memory: Record<string, string> = {}
  return {
    load: (key) => memory[key] || quietly(() => ask()![prefix + key]),
    save(key, value) {
      memory[key] = value
      quietly(() => {
        ask()![prefix + key] = value
        delete memory[key]
      })
    },
    drop(key) {
      delete memory[key]
      quietly(() => delete ask()![prefix + key])
    },
    keys: () =>
      Object.keys(memory).concat(
        quietly(() => Object.keys(ask()!).flatMap((key) => key.split(prefix)[1] || [])) || [],
      ),
  }
}
