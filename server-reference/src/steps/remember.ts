import { cacheFor } from '../replay/cache-for.js'
import type { ReplayCache } from '../replay/replay-cache.js'
import type { Step } from './step.js'

/** After the insert, never before: the row is committed. */
export const remember = (cache: ReplayCache): Step => ({
  name: 'Insert',
  section: '5.11',
  run: ({ seenAs, recorded, event }) => {
    if (seenAs !== undefined) cacheFor(cache, event!).set(seenAs, recorded!)
    return undefined
  },
})
