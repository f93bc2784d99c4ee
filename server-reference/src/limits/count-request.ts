import type { Context } from 'hono'
import type { Env } from '../env.js'
import { refuse } from '../http/refuse.js'
import type { Count, Limiter } from './limiter.js'
import { rateLimitHeaders } from './rate-limit-headers.js'

/** Counts the request, writes the headers, and answers 429 when a bucket is empty. */
export const countRequest = async (
  c: Context<Env>,
  limiter: Limiter,
  counts: readonly Count[],
): Promise<Response | undefined> => {
  const taken = await limiter.take(counts)
  const tallies = [...(c.get('tallies') ?? []), ...taken]
  c.set('tallies', tallies)
  const headers = rateLimitHeaders(tallies)
  c.header('RateLimit-Policy', headers['RateLimit-Policy'])
  c.header('RateLimit', headers.RateLimit)
  const refused = taken.filter((tally) => tally.refused)
  if (refused.length === 0) return undefined
  const retryAfter = Math.max(...refused.map((tally) => Math.ceil(tally.resetMs / 1000)), 1)
  return refuse(c, 'RATE_LIMITED', { retry_after: retryAfter }, retryAfter)
}
