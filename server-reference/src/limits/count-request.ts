import type { Ctx, Verdict } from '../env.js'
import { refuse } from '../http/refuse.js'
import type { Count, Limiter, Tally } from './limiter.js'

/** Counts the request, keeps the tallies for the answer's headers, and answers 429 when a bucket is empty. */
export const countRequest = (
  c: Ctx,
  limiter: Limiter,
  counts: readonly Count[],
): Verdict | Promise<Verdict> => {
  const taken = limiter.take(counts)
  return taken instanceof Promise ? taken.then((tallies) => judge(c, tallies)) : judge(c, taken)
}

const judge = (c: Ctx, taken: readonly Tally[]): Verdict => {
  c.set('tallies', [...(c.get('tallies') ?? []), ...taken])
  const refused = taken.filter((tally) => tally.refused)
  if (refused.length === 0) return undefined
  const retryAfter = Math.max(...refused.map((tally) => Math.ceil(tally.resetMs / 1000)), 1)
  return refuse(
    c,
    'RATE_LIMITED',
    { retry_after: retryAfter },
    { 'Retry-After': String(retryAfter) },
  )
}
