import type { Tally } from './limiter.js'

/**
 * `RateLimit-Policy` and `RateLimit` as structured-field lists (draft-ietf-httpapi-ratelimit-headers-10), the bucket
 * that is nearest to its end first: that is the one a client that reads a single item has to know.
 */
export const rateLimitHeaders = (
  tallies: readonly Tally[],
): { 'RateLimit-Policy': string; RateLimit: string } => {
  let policy = ''
  let left = ''
  for (const { kind, limit, remaining, resetMs } of [...tallies].sort(byRemaining)) {
    policy += `${policy && ', '}"${kind}";q=${limit};w=60`
    left += `${left && ', '}"${kind}";r=${remaining};t=${Math.ceil(resetMs / 1000)}`
  }
  return { 'RateLimit-Policy': policy, RateLimit: left }
}

const byRemaining = (a: Tally, b: Tally): number => a.remaining - b.remaining
