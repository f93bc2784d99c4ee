/**
 * Milliseconds after which a call without a session is looked at again. A call and its session's first page event that
 * are written at the same time do not see each other; a statement lasts 5 s at most, so by then both are committed.
 */
const RECHECK_AFTER_MS = 6_000
/** Milliseconds for which items are collected. */
const COLLECT_MS = 1_000

export interface Recheck<Item> {
  /** Hands `item` to `run` once, later and together with others. */
  later(item: Item): void
  close(): void
}

/**
 * Collects items and hands those of one second to `run` together, equal ones once. One `run` at a time: a database that
 * is slow must not spend all of its connections on this. Its failure is not retried: see store/upkeep.ts.
 *
 * @param keyOf identifies equal items
 */
export const createRecheck = <Item>(
  run: (items: readonly Item[]) => Promise<void>,
  keyOf: (item: Item) => string,
  { delayMs = RECHECK_AFTER_MS, collectMs = COLLECT_MS } = {},
): Recheck<Item> => {
  const timers = new Set<ReturnType<typeof setTimeout>>()
  let collected = new Map<string, Item>()
  let running: Promise<void> = Promise.resolve()
  let isClosed = false

  const after = (ms: number, work: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      work()
    }, ms)
    timer.unref?.()
    timers.add(timer)
  }
  const runNext = (items: readonly Item[]): void => {
    running = running.then(() => (isClosed ? undefined : run(items))).catch(() => {})
  }
  const handOver = (): void => {
    const items = [...collected.values()]
    collected = new Map()
    after(delayMs, () => runNext(items))
  }
  return {
    later: (item) => {
      if (collected.size === 0) after(collectMs, handOver)
      collected.set(keyOf(item), item)
    },
    close: () => {
      isClosed = true
      for (const timer of timers) clearTimeout(timer)
    },
  }
}
