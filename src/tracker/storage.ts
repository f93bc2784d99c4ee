import { quietly } from './quietly.js'

/** A small part of `Storage`, for values that JSON can carry, under keys of one site. It never fails. */
export interface Store {
  /** What was written, or undefined: never written, or overwritten by somebody else with what is no JSON. */
  load<T>(key: string): T | undefined
  save(key: string, value: unknown): void
  drop(key: string): void
  keys(): string[]
}

/**
 * A store over web storage; what storage refuses (blocked, full, not there, no consent) is kept in memory instead.
 *
 * @param ask gives the storage, or throws, or gives undefined; asked anew each time, because a page fills, clears and blocks it as it runs
 * @param prefix what the names of our own keys begin with
 */
export const createStore = (ask: () => Storage | undefined, prefix: string): Store => {
  const memory: Record<string, string> = {}
  return {
    // `null` is JSON for what is not there; an exception would cost a hundred times as much.
    load: (key) => quietly(() => JSON.parse(memory[key] || ask()![prefix + key] || null)),
    save(key, value) {
      memory[key] = JSON.stringify(value)
      quietly(() => {
        ask()![prefix + key] = memory[key]
        delete memory[key]
      })
    },
    drop(key) {
      delete memory[key]
      quietly(() => delete ask()![prefix + key])
    },
    keys: () => [
      ...new Set(
        Object.keys(memory).concat(
          quietly(() => Object.keys(ask()!).flatMap((key) => key.split(prefix)[1] || [])) || [],
        ),
      ),
    ],
  }
}
