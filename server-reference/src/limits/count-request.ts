import { refuse } from '../http/refuse.js'
import type { RequestContext, Verdict } from '../http/request-context.js'
import type { Count, Limiter, Tally } from './limiter.js'

/** Counts the request, keeps the tallies for the response's headers, and answers 429 if a bucket is empty. */
export const countRequest = (
  context: RequestContext,
  limiter: Limiter,
  counts: readonly Count[],
): Verdict | Promise<Verdict> => {
  const taken = limiter.take(counts, context.storeWaitedMs)
  if (!(taken instanceof Promise)) return judge(context, taken)
  const since = performance.now()
  return taken.then((tallies) => {
    context.storeWaitedMs += performance.now() - since
    return judge(context, tallies)
  })
}

const judge = (context: RequestContext, taken: readonly Tally[]): Verdict => {
  context.tallies = context.tallies === undefined ? taken : context.tallies.concat(taken)
  // The limiter stops at the bucket that refuses.
  const last = taken.at(-1)
  if (last?.refused !== true) return undefined
  const retryAfter = Math.max(Math.ceil(last.resetMs / 1000), 1)
  return refuse(
    context,
    'RATE_LIMITED',
    { retry_after: retryAfter },
    { 'Retry-After': String(retryAfter) },
  )
}
