import { canonicalSiteId, SITE_ID, SITE_ID_HEADER } from '@opsmantik/tracker/contract'
import type { OriginPolicy } from '../config/origins.js'
import { refuse, refuseSignature } from '../http/refuse.js'
import type { RequestContext, Verdict } from '../http/request-context.js'
import type { Store } from '../store/store.js'
import type { Log } from '../world.js'
import type { Step } from './step.js'
import { storeFailed } from './unavailable.js'

interface Options {
  store: Pick<Store, 'resolve'>
  now: () => number
  log: Log
  origins: OriginPolicy
}

const SITE_HEADER = SITE_ID_HEADER.toLowerCase()
const isSame = (a: string, b: string): boolean =>
  a === b || canonicalSiteId(a) === canonicalSiteId(b)

/**
 * Creates step 8: the body's site must exist, and be the one that signed. If the body names it as the header does, the
 * verifier's statement has resolved it already.
 */
export const site = ({ store, now, log, origins }: Options): Step => ({
  name: 'Site',
  section: '5.8',
  run: (context) => {
    const { site_id } = context.event!
    const { signedSite } = context
    const judge = (siteId: string | null): Verdict | Promise<Verdict> => {
      if (siteId === null) return refuse(context, 'INVALID_SITE_ID')
      if (signedSite !== undefined && signedSite !== siteId)
        return refuseSignature(context, 'SITE_MISMATCH', now())
      context.siteId = siteId
      return checkOrigin(context, origins, [siteId], log)
    }
    const isResolved =
      signedSite !== undefined &&
      SITE_ID.test(site_id) &&
      isSame(site_id, context.header(SITE_HEADER) ?? '')
    return isResolved
      ? judge(signedSite)
      : store.resolve(site_id).then(judge, (error: unknown) => storeFailed(context, log, error))
  },
  note: ({ siteId }, isStopped) => (isStopped ? undefined : siteId),
})

/** Refuses an origin that the site does not name, if it names any (contract section 2). A server has no origin. */
const checkOrigin = (
  context: RequestContext,
  origins: OriginPolicy,
  siteIds: readonly string[],
  log: Log,
): Verdict | Promise<Verdict> => {
  const origin = context.header('origin')
  if (origin === undefined) return undefined
  if (origins.pending !== null)
    return origins.pending.then(
      () => checkOrigin(context, origins, siteIds, log),
      (error: unknown) => storeFailed(context, log, error),
    )
  if (siteIds.every((siteId) => origins.allowsFor(siteId, origin))) return undefined
  // As if it were on no list (section 2): no Access-Control header.
  context.cors = ['Vary', 'Origin']
  return refuse(context, 'ORIGIN_NOT_ALLOWED', { origin })
}

/** Creates step 8 of sync: it resolves every event's site. A batch mostly has one. */
export const syncSites = ({ store, now, log, origins }: Options): Step => ({
  name: 'Site',
  section: '5.8',
  run: async (context) => {
    const events = context.syncEvents!
    const identifiers = [...new Set(events.map((event) => event.s))]
    let resolved: Map<string, string | null>
    try {
      const ids = await Promise.all(identifiers.map((identifier) => store.resolve(identifier)))
      resolved = new Map(identifiers.map((identifier, index) => [identifier, ids[index]!]))
    } catch (error) {
      return storeFailed(context, log, error)
    }
    const siteIds = events.map((event) => resolved.get(event.s) ?? null)
    const unknown = siteIds.indexOf(null)
    if (unknown !== -1)
      return refuse(context, 'INVALID_SITE_ID', {
        issues: [{ path: context.isBatch ? `events.${unknown}.s` : 's', message: 'unknown site' }],
      })
    const { signedSite } = context
    if (signedSite !== undefined && siteIds.some((siteId) => siteId !== signedSite))
      return refuseSignature(context, 'SITE_MISMATCH', now())
    context.siteIds = siteIds as string[]
    return checkOrigin(context, origins, context.siteIds, log)
  },
  note: ({ siteIds }, isStopped) => (isStopped ? undefined : [...new Set(siteIds)].join(', ')),
})
