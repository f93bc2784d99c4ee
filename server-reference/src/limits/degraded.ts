import { RATE_LIMITS } from '@opsmantik/tracker/contract'
import type { LimitKind } from './limiter.js'

/** Returns each limit as reduced without the shared store: the contract's share of it (section 9), at least 1. */
export const degraded = (limits: Record<LimitKind, number>): Record<LimitKind, number> => {
  const shrunk = { ...limits }
  for (const kind of Object.keys(limits) as LimitKind[]) {
    const { limit, degraded: rest } = RATE_LIMITS[kind]
    shrunk[kind] = Math.max(1, Math.floor((limits[kind] * rest) / limit))
  }
  return shrunk
}
