import { refuse } from '../http/refuse.js'
import type { RequestContext, Verdict } from '../http/request-context.js'
import type { Count, Limiter, Tally } from './limiter.js'

/** Counts the request, keeps the tallies for the answer's headers, and answers 429 when a bucket is empty. */
export const countRequest = (
  context: RequestContext,
  limiter: Limiter,
  counts: readonly Count[],
): Verdict | Promise<Verdict> => {
  const taken = limiter.take(counts)
  return taken instanceof Promise
    ? taken.then((tallies) => judge(context, tallies))
    : judge(context, taken)
}

const judge = (context: RequestContext, taken: readonly Tally[]): Verdict => {
  context.tallies = context.tallies === undefined ? [...taken] : [...context.tallies, ...taken]
  const refused = taken.filter((tally) => tally.refused)
  if (refused.length === 0) return undefined
  const retryAfter = Math.max(...refused.map((tally) => Math.ceil(tally.resetMs / 1000)), 1)
  return refuse(
    context,
    'RATE_LIMITED',
    { retry_after: retryAfter },
    { 'Retry-After': String(retryAfter) },
  )
}
