/** A small part of `Storage`, for values that JSON can carry. It never fails. */
export interface Store {
  /** What was written, or undefined: never written, or overwritten by somebody else with what is no JSON. */
  load<T>(key: string): T | undefined
  save(key: string, value: unknown): void
  drop(key: string): void
  keys(): string[]
}

/**
 * A store over web storage; what storage refuses (blocked, full, not there) is kept in memory instead.
 *
 * @param ask gives the storage, or throws; asked anew each time, because a page fills, clears and blocks it as it runs
 */
export const createStore = (ask: () => Storage): Store => {
  const memory: Record<string, string> = {}
  const use = <T>(what: (storage: Storage) => T): T | undefined => {
    try {
      return what(ask())
    } catch {
      // Memory is all there is.
    }
    return
  }
  return {
    load: (key) =>
      memory[key] ? JSON.parse(memory[key]) : use((storage) => JSON.parse(storage.getItem(key)!)),
    save(key, value) {
      memory[key] = JSON.stringify(value)
      use((storage) => {
        storage.setItem(key, memory[key]!)
        delete memory[key]
      })
    },
    drop(key) {
      delete memory[key]
      use((storage) => storage.removeItem(key))
    },
    keys: () => Object.keys({ ...memory, ...use((storage) => ({ ...storage })) }),
  }
}
