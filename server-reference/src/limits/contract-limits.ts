import { RATE_LIMITS } from '@opsmantik/tracker/contract'
import type { LimitKind } from './limiter.js'

export const LIMIT_KINDS = Object.keys(RATE_LIMITS) as LimitKind[]

/** Returns the contract's limits (section 9) in requests per minute, with some of them replaced. */
export const contractLimits = (
  changed: Partial<Record<LimitKind, number>> = {},
): Record<LimitKind, number> => {
  const limits = LIMIT_KINDS.map((kind) => [kind, changed[kind] ?? RATE_LIMITS[kind].limit])
  return Object.fromEntries(limits) as Record<LimitKind, number>
}
