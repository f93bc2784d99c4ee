import type { LimitKind, Tally } from './limiter.js'

/**
 * Returns `RateLimit-Policy` and `RateLimit` as structured-field lists (draft-ietf-httpapi-ratelimit-headers-10), the
 * bucket that is nearest to its end first: that is the one a client that reads a single item has to know. A policy is
 * listed once: of several buckets of one kind, which the sites of a sync batch have, the one that is nearest to its
 * end.
 */
export const rateLimitHeaders = (
  tallies: readonly Tally[],
): { 'RateLimit-Policy': string; RateLimit: string } => {
  let policy = ''
  let left = ''
  for (const { kind, limit, remaining, resetMs } of nearestFirst(tallies)) {
    if (policy !== '') {
      policy += ', '
      left += ', '
    }
    policy += policyItem(kind, limit)
    left += `"${kind}";r=${remaining};t=${Math.ceil(resetMs / 1000)}`
  }
  return { 'RateLimit-Policy': policy, RateLimit: left }
}

/** Sorts by what remains, one of each kind; by insertion, because there are four at most and every answer needs it. */
const nearestFirst = (tallies: readonly Tally[]): Tally[] => {
  const nearest: Tally[] = []
  for (const tally of tallies) {
    let known = nearest.length - 1
    while (known >= 0 && nearest[known]!.kind !== tally.kind) known--
    if (known >= 0) {
      if (nearest[known]!.remaining <= tally.remaining) continue
      nearest.splice(known, 1)
    }
    let at = nearest.length
    for (; at > 0 && nearest[at - 1]!.remaining > tally.remaining; at--)
      nearest[at] = nearest[at - 1]!
    nearest[at] = tally
  }
  return nearest
}

/** Items by kind: a limit hardly ever changes. */
const items = new Map<LimitKind, { limit: number; text: string }>()

const policyItem = (kind: LimitKind, limit: number): string => {
  const known = items.get(kind)
  if (known?.limit === limit) return known.text
  const text = `"${kind}";q=${limit};w=60`
  items.set(kind, { limit, text })
  return text
}
