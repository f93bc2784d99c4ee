/** Maximum number of items in one statement: with 64 KiB each that is 8 MB. */
const MAX_BATCH = 128

interface Waiting<Item, Result> {
  item: Item
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

/**
 * Resolves after every socket with waiting data has been read. The embedded database blocks this thread, so without
 * this each request would start a statement of its own before the next one is even seen: 2,200 µs of CPU a request
 * instead of 360 (32 clients, PGlite).
 */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Takes a place in a line; resolves when it is its turn, with what ends the turn. */
export type Line = () => Promise<() => void>

/**
 * Creates a line in which statements of any kind run one after the other. Batchers that share a line have batches twice
 * as large, which costs a sixth less CPU on Postgres and a fifth less on PGlite at the same throughput: the cost of a
 * statement here is mostly waking the database up (docs/decisions/server-speed.md).
 */
export const createLine = (): Line => {
  let last: Promise<void> = Promise.resolve()
  return async () => {
    const before = last
    let leave = (): void => {}
    last = new Promise((resolve) => (leave = resolve))
    await before
    return leave
  }
}

/**
 * Lets concurrent requests share statements: while one statement runs, further items wait, and go together when it
 * returns. There is no timer, so a single request is not delayed. `run` returns a result per item, in order.
 *
 * One row that Postgres refuses fails its whole statement: `isRowFault` detects that, and then each item runs by
 * itself. `onBatch` is called with the number of items in a statement; batchers with the same `line` run one at a time.
 * `asError` creates the error with which an item rejects.
 */
export const createBatcher = <Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly Result[]>,
  isRowFault: (error: unknown) => boolean,
  onBatch: (size: number) => void = () => {},
  line: Line = createLine(),
  asError: (error: unknown) => unknown = (error) => error,
): ((item: Item) => Promise<Result>) => {
  let waiting: Waiting<Item, Result>[] = []
  let running = false

  const runTogether = async (batch: readonly Waiting<Item, Result>[]): Promise<void> => {
    try {
      const results = await run(batch.map(({ item }) => item))
      if (results.length !== batch.length)
        throw new Error(`${results.length} results for a batch of ${batch.length}`)
      batch.forEach(({ resolve }, index) => resolve(results[index]!))
    } catch (error) {
      if (batch.length > 1 && isRowFault(error)) for (const one of batch) await runTogether([one])
      else {
        const reason = asError(error)
        for (const { reject } of batch) reject(reason)
      }
    }
  }
  const drain = async (): Promise<void> => {
    running = true
    while (waiting.length > 0) {
      const leave = await line()
      await nextTurn()
      const batch = waiting.slice(0, MAX_BATCH)
      waiting = waiting.slice(MAX_BATCH)
      onBatch(batch.length)
      await runTogether(batch)
      leave()
    }
    running = false
  }
  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (!running) void drain()
    })
}
