/**
 * Milliseconds after which a call without a session is looked at again. A call and its session's first page event that
 * are written at the same time do not see each other; a statement lasts 5 s at most, so by then both are committed.
 */
const RECHECK_AFTER_MS = 6_000

export interface Recheck<Item> {
  /** Hands `item` to `run` once, later and together with others. */
  later(item: Item): void
  close(): void
}

/** Collects items and hands those of one second to `run` together. Its failure is not retried: see store/upkeep.ts. */
export const createRecheck = <Item>(
  run: (items: readonly Item[]) => Promise<void>,
  delayMs: number = RECHECK_AFTER_MS,
): Recheck<Item> => {
  const timers = new Set<ReturnType<typeof setTimeout>>()
  let collected: Item[] | null = null
  return {
    later: (item) => {
      if (collected !== null) {
        collected.push(item)
        return
      }
      const items = [item]
      collected = items
      const closed = setTimeout(() => {
        timers.delete(closed)
        collected = null
        const due = setTimeout(() => {
          timers.delete(due)
          run(items).catch(() => {})
        }, delayMs)
        due.unref?.()
        timers.add(due)
      }, COLLECT_MS)
      closed.unref?.()
      timers.add(closed)
    },
    close: () => {
      for (const timer of timers) clearTimeout(timer)
    },
  }
}

const COLLECT_MS = 1_000
