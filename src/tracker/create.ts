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
  ignore: () => {},
  destroy: () => {},
}

/**
 * Starts a tracker in this page. Never throws: invalid options make it return a tracker in `noop` mode, and
 * `debug: true` logs the reason.
 *
 * Called again with the same options while the first is running, it returns the first: a component that mounts twice
 * must not count each press twice. Without a document (server-side rendering) it returns a tracker that does nothing.
 */
export const createTracker = (options: Options): Tracker => {
  if (typeof document === 'undefined') return inert
  const key = JSON.stringify(options)
  const known = running.get(key)
  if (known) return known
  // Broken test environments (jsdom without `AbortController`, for example) make `startTracker` throw.
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
