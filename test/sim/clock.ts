interface Due {
  at: number
  order: number
  run: () => void
}

const before = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

/** Steps after which Node's event loop gets a turn, in which it reports rejections that nobody handled. */
const TURN_STEPS = 64

/**
 * Lets everything run that is ready. Node takes the next tick once no microtask is left, as it does a macrotask, but
 * without a turn of its event loop, which is half of the time of a step.
 */
const microtasks = (step: number): Promise<void> =>
  new Promise((resolve) =>
    step % TURN_STEPS === 0 ? setImmediate(resolve) : process.nextTick(resolve),
  )

/** Virtual time and the queue of what happens in it. Two things at one moment happen in the order they were asked for. */
export class Clock {
  /** Milliseconds since the epoch, as a perfect clock shows them. */
  now = Date.UTC(2026, 0, 1)
  steps = 0
  #order = 0
  readonly #heap: Due[] = []

  /** Gives what cancels it. */
  after(ms: number, run: () => void): () => void {
    const due = { at: this.now + Math.max(0, ms), order: this.#order++, run }
    this.#push(due)
    return () => {
      due.run = () => {}
    }
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve))
  }

  /** Runs the next thing in the queue and all that follows from it at once; false: nothing is left until `end`. */
  async step(end: number): Promise<boolean> {
    const next = this.#heap[0]
    if (!next || next.at > end) return false
    this.#pop()
    this.now = next.at
    this.steps++
    next.run()
    await microtasks(this.steps)
    return true
  }

  #push(due: Due): void {
    const heap = this.#heap
    let i = heap.push(due) - 1
    while (i > 0) {
      const up = (i - 1) >> 1
      if (!before(due, heap[up]!)) break
      heap[i] = heap[up]!
      i = up
    }
    heap[i] = due
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let i = 0
    for (;;) {
      let down = 2 * i + 1
      if (down >= heap.length) break
      if (down + 1 < heap.length && before(heap[down + 1]!, heap[down]!)) down++
      if (!before(heap[down]!, last)) break
      heap[i] = heap[down]!
      i = down
    }
    heap[i] = last
  }
}
