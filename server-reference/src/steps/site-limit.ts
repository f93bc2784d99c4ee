import { PROXY_HOST_HEADER } from '@opsmantik/tracker/contract'
import type { RequestContext, Verdict } from '../http/request-context.js'
import { peerOf, visitorAddress } from '../limits/client.js'
import { countRequest } from '../limits/count-request.js'
import { syncCounts, v1Counts, v2Counts } from '../limits/counts.js'
import type { Count, Limiter } from '../limits/limiter.js'
import { proxyHost } from '../limits/proxy-host.js'
import type { Step } from './step.js'
import { used } from './used.js'

const PROXY_HOST = PROXY_HOST_HEADER.toLowerCase()

/** Step 9. */
export const siteLimit = (limiter: Limiter, endpoint: 'v1' | 'v2', trustedHops: number): Step => ({
  name: 'Limit per site',
  section: '5.9',
  run: (context) => {
    const { expectedCounts } = context
    const siteId = context.siteId!
    const counts =
      expectedCounts?.[0]?.owner === siteId
        ? expectedCounts
        : callCounts(context, endpoint, siteId, visitorOf(context, trustedHops))
    return countRequest(context, limiter, counts)
  },
  note: (context) => used(context, ['v1', 'v2', 'share', 'site']),
})

/**
 * Returns what asks a shared store, while the signature is being verified, for what step 9 will count if it holds; null:
 * nothing has to be asked for. It only reads: a forged request that names a site counts nothing there.
 */
export const expectSiteLimit = (
  limiter: Limiter,
  endpoint: 'v1' | 'v2',
  trustedHops: number,
): ((context: RequestContext, siteId: string) => void) | null => {
  if (limiter.expect === undefined) return null
  return (context, siteId) => {
    const visitor = visitorAddress(peerOf(context), trustedHops)
    context.expectedCounts = callCounts(context, endpoint, siteId, visitor)
    limiter.expect!(context.expectedCounts)
  }
}

const callCounts = (
  context: RequestContext,
  endpoint: 'v1' | 'v2',
  siteId: string,
  visitor: string,
): Count[] =>
  endpoint === 'v1'
    ? v1Counts(siteId, context.client, context.address)
    : v2Counts(siteId, proxyHost(context.header(PROXY_HOST)), visitor)

/**
 * Returns the visitor's address. With signing disabled no signature has been verified, so no client's statement about a
 * visitor is believed.
 */
const visitorOf = (context: RequestContext, trustedHops: number): string =>
  context.signedSite === undefined ? context.address : visitorAddress(peerOf(context), trustedHops)

/** Creates step 9 of sync: it counts, for each site, all of the batch's events for it. */
export const syncSiteLimit = (limiter: Limiter): Step => ({
  name: 'Limit per site',
  section: '5.9',
  run: (context) => {
    const { siteIds, address } = context
    const events = new Map<string, number>()
    for (const siteId of siteIds!) events.set(siteId, (events.get(siteId) ?? 0) + 1)
    const perSite = [...events].map(([siteId, count]) => syncCounts(siteId, address, count))
    return countEach(context, limiter, perSite)
  },
  note: (context) => used(context, ['share', 'site']),
})

/** A batch mostly has one site. Counts of different sites are of different owners, so they go one after the other. */
const countEach = (
  context: RequestContext,
  limiter: Limiter,
  [first, ...others]: readonly (readonly Count[])[],
): Verdict | Promise<Verdict> => {
  if (first === undefined) return undefined
  const verdict = countRequest(context, limiter, first)
  if (others.length === 0) return verdict
  return Promise.resolve(verdict).then(
    (answered) => answered ?? countEach(context, limiter, others),
  )
}
