import { readOptions, type Options } from './options.js'
import { quietly } from './quietly.js'
import { startTracker } from './start.js'
import type { Tracker } from './tracker.js'

const running = new Map<string, Tracker>()

const inert: Tracker = {
  mode: 'noop',
  intent: async () => ({ status: 'dropped', eventId: '', reason: 'no-document' }),
  page: () => {},
  flush: () => {},
  consent: () => {},
  destroy: () => {},
}

/**
 * Starts a tracker in this page. Never throws: what is wrong with the options gives a tracker in `noop` mode, and
 * `debug: true` says why.
 *
 * Called again with the same options while the first is running, it returns the first: a component that mounts twice
 * must not count each press twice. Where there is no document (server-side rendering) it returns a tracker that does
 * nothing.
 */
export const createTracker = (options: Options): Tracker => {
  if (typeof document === 'undefined') return inert
  const key = JSON.stringify(options)
  const known = running.get(key)
  if (known) return known
  // A page that is none: a test environment whose parts do not fit together, say.
  const tracker = quietly(() => startTracker(readOptions(options)))
  if (!tracker) return inert
  const once: Tracker = {
    ...tracker,
    destroy() {
      running.delete(key)
      tracker.destroy()
    },
  }
  running.set(key, once)
  return once
}
