import type { Tally } from './limiter.js'

/**
 * `RateLimit-Policy` and `RateLimit` as structured-field lists (draft-ietf-httpapi-ratelimit-headers-10), the bucket
 * that is nearest to its end first: that is the one a client that reads a single item has to know.
 */
export const rateLimitHeaders = (
  tallies: readonly Tally[],
): { 'RateLimit-Policy': string; RateLimit: string } => {
  const order = tallies.toSorted((a, b) => a.remaining - b.remaining)
  return {
    'RateLimit-Policy': order.map(({ kind, limit }) => `"${kind}";q=${limit};w=60`).join(', '),
    RateLimit: order
      .map(
        ({ kind, remaining, resetMs }) => `"${kind}";r=${remaining};t=${Math.ceil(resetMs / 1000)}`,
      )
      .join(', '),
  }
}
