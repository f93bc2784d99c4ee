const MINUTE = 60_000

/**
 * Counts the recorded and the refused events of each of the last minutes, separately from the list: a busy half hour
 * has more events than the list keeps.
 *
 * @param {number} span
 */
export function createMinutes(span = 30) {
  /** @type {Map<number, { events: number, refusals: number }>} */
  let minutes = new Map()

  return {
    /** @param {number} at @param {{ events?: number, refusals?: number }} seen */
    add(at, { events = 0, refusals = 0 }) {
      const minute = Math.floor(at / MINUTE)
      const sum = minutes.get(minute) ?? { events: 0, refusals: 0 }
      minutes.set(minute, { events: sum.events + events, refusals: sum.refusals + refusals })
    },
    clear: () => void (minutes = new Map()),
    /** Returns the minutes, oldest first, the current one last. @param {number} now */
    last(now) {
      const newest = Math.floor(now / MINUTE)
      for (const minute of minutes.keys()) if (minute <= newest - span) minutes.delete(minute)
      return Array.from({ length: span }, (_, index) => {
        const minute = newest - span + 1 + index
        return { at: minute * MINUTE, ...(minutes.get(minute) ?? { events: 0, refusals: 0 }) }
      })
    },
  }
}
