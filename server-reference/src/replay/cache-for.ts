import type { CallEvent } from '@opsmantik/tracker/contract'
import type { ReplayCache } from './replay-cache.js'

/** Returns the cache that knows of events like this one. */
export const cacheFor = (cache: ReplayCache, { event_id }: CallEvent): ReplayCache =>
  event_id === undefined ? cache : (cache.own ?? cache)
