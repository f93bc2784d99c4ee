import type { RequestContext } from '../http/request-context.js'
import type { LimitKind } from '../limits/limiter.js'

/** Says how much of these limits is used up. */
export const used = ({ tallies }: RequestContext, kinds: readonly LimitKind[]): string =>
  (tallies ?? [])
    .filter(({ kind }) => kinds.includes(kind))
    .map(({ kind, limit, remaining }) => `${kind} ${limit - remaining} of ${limit}`)
    .join(', ')
