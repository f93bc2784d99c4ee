/** Ends a turn. */
export type Done = () => void

/**
 * Makes equal events in flight take turns: the second waits for the outcome of the first, so that it never gets `noop`
 * because of one that then fails. It holds at most as many keys as there are requests in flight.
 */
export const createTurns = (): ((key: string) => Done | Promise<Done>) => {
  /** Requests that wait for their turn, by key; null if there are none, which is the usual case and needs no promise. */
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
