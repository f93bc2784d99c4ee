import { cacheFor } from '../replay/cache-for.js'
import type { ReplayCache } from '../replay/replay-cache.js'
import type { Step } from './step.js'

/** Creates the step that remembers a call: after the insert, never before, so that the row is committed. */
export const remember = (cache: ReplayCache): Step => ({
  name: 'Insert',
  section: '5.11',
  run: ({ seenAs, recorded, event }) => {
    if (seenAs !== undefined) cacheFor(cache, event!).set(seenAs, recorded!)
    return undefined
  },
})
