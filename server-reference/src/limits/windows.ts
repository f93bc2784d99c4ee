export const WINDOW_MS = 60_000

/** From this count on a window is kept apart: a flood of new keys, each counted once or twice, does not evict it. */
const BUSY_COUNT = 8

/** Counts of one key until `ends`, in the milliseconds of the clock. */
export interface LimitWindow {
  readonly count: number
  readonly ends: number
}
type Counted = { -readonly [Name in keyof LimitWindow]: LimitWindow[Name] }

/**
 * Creates counters per key and minute. It does not use rate-limiter-flexible, whose memory store needs a promise, a
 * timer and two maps for each count, 4 µs compared with 0.3 here, and a request counts four times
 * (docs/decisions/server-speed.md).
 *
 * Holds at most `max` windows, a quarter of them busy ones. If there are more, the oldest is dropped. A client that
 * invents keys therefore evicts other invented keys; evicting the window of a client that is near its limit takes
 * `BUSY_COUNT` requests for each of `max / 4` keys within a minute.
 *
 * @returns counts `weight` at `time` and returns the key's window, which is valid until the next count
 */
export const createWindows = (
  max: number,
): ((key: string, weight?: number, time?: number) => LimitWindow) => {
  const maxBusy = Math.ceil(max / 4)
  const quiet = new Map<string, Counted>()
  const busy = new Map<string, Counted>()

  return (key, weight = 1, time = Date.now()) => {
    const window = busy.get(key) ?? quiet.get(key)
    if (window !== undefined && time < window.ends && window.ends - time <= WINDOW_MS) {
      window.count += weight
      if (window.count >= BUSY_COUNT && quiet.delete(key)) keep(busy, key, window, maxBusy, time)
      return window
    }
    busy.delete(key)
    quiet.delete(key)
    const begun = { count: weight, ends: time + WINDOW_MS }
    if (weight >= BUSY_COUNT) keep(busy, key, begun, maxBusy, time)
    else keep(quiet, key, begun, max - maxBusy, time)
    return begun
  }
}

/** Adds a window, and drops those that have ended from the oldest on, and the oldest if there are too many. */
const keep = (
  windows: Map<string, Counted>,
  key: string,
  window: Counted,
  max: number,
  time: number,
): void => {
  windows.set(key, window)
  for (const [oldest, { ends }] of windows) {
    if (time < ends && windows.size <= Math.max(max, 1)) break
    windows.delete(oldest)
  }
}
