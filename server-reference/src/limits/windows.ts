export const WINDOW_MS = 60_000

interface Window {
  count: number
  ends: number
}

/**
 * Counts per key and minute. Our own lines: rate-limiter-flexible's memory takes a promise, a timer and two maps for
 * each count, 4 µs where this takes 0.3, and a request counts four times (docs/decisions/server-speed.md).
 *
 * Windows are all as long, so the order in which they began is the order in which they end: the oldest is the one to
 * give up when there are too many.
 */
export const createWindows = (
  max: number,
  now: () => number = Date.now,
): ((key: string) => { count: number; resetMs: number }) => {
  const windows = new Map<string, Window>()
  return (key) => {
    const time = now()
    const known = windows.get(key)
    if (known !== undefined && time < known.ends && known.ends - time <= WINDOW_MS)
      return { count: ++known.count, resetMs: known.ends - time }
    windows.delete(key)
    windows.set(key, { count: 1, ends: time + WINDOW_MS })
    for (const [oldest, { ends }] of windows) {
      if (time < ends && windows.size <= max) break
      windows.delete(oldest)
    }
    return { count: 1, resetMs: WINDOW_MS }
  }
}
