/** Ends a turn. */
export type Done = () => void

/**
 * Equal events in flight take turns: the second waits for what becomes of the first, so that it is never answered
 * `noop` by one that then fails. As many keys as there are requests in flight.
 */
export const createTurns = (): ((key: string) => Promise<Done>) => {
  const last = new Map<string, Promise<void>>()
  return async (key) => {
    const before = last.get(key)
    let done: Done = () => {}
    const turn = new Promise<void>((resolve) => {
      done = resolve
    })
    last.set(key, turn)
    await before
    return () => {
      if (last.get(key) === turn) last.delete(key)
      done()
    }
  }
}
