/** Ends a turn. */
export type Done = () => void

/**
 * Equal events in flight take turns: the second waits for what becomes of the first, so that it is never answered
 * `noop` by one that then fails. As many keys as there are requests in flight.
 */
export const createTurns = (): ((key: string) => Done | Promise<Done>) => {
  /** Who waits behind the one whose turn it is; mostly nobody, and then no promise is made. */
  const queues = new Map<string, (() => void)[] | null>()
  const doneWith = (key: string) => (): void => {
    const next = queues.get(key)?.shift()
    if (next === undefined) queues.delete(key)
    else next()
  }
  return (key) => {
    const queue = queues.get(key)
    if (queue === undefined) {
      queues.set(key, null)
      return doneWith(key)
    }
    return new Promise((resolve) => {
      const next = (): void => resolve(doneWith(key))
      if (queue === null) queues.set(key, [next])
      else queue.push(next)
    })
  }
}
