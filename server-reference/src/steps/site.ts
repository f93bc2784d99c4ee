import { SITE_ID, SITE_ID_HEADER } from '@opsmantik/tracker/contract'
import { refuse, refuseSignature } from '../http/refuse.js'
import type { Verdict } from '../http/request-context.js'
import type { Store } from '../store/store.js'
import type { Log } from '../world.js'
import type { Step } from './step.js'
import { storeFailed } from './unavailable.js'

interface Options {
  store: Pick<Store, 'resolve'>
  now: () => number
  log: Log
}

const SITE_HEADER = SITE_ID_HEADER.toLowerCase()
const plain = (identifier: string): string => identifier.replaceAll('-', '').toLowerCase()
const isSame = (a: string, b: string): boolean => a === b || plain(a) === plain(b)

/**
 * Step 8. The body's site exists, and is the one that signed. If the body names it as the header does, the verifier's
 * statement has resolved it already.
 */
export const site = ({ store, now, log }: Options): Step => ({
  name: 'Site',
  section: '5.8',
  run: (context) => {
    const { site_id } = context.event!
    const { signedSite } = context
    const judge = (siteId: string | null): Verdict => {
      if (siteId === null) return refuse(context, 'INVALID_SITE_ID')
      if (signedSite !== undefined && signedSite !== siteId)
        return refuseSignature(context, 'SITE_MISMATCH', now())
      context.siteId = siteId
      return undefined
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

/** Step 8 of sync: every event's site. A batch mostly has one. */
export const syncSites = ({ store, now, log }: Options): Step => ({
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
    return undefined
  },
  note: ({ siteIds }, isStopped) => (isStopped ? undefined : [...new Set(siteIds)].join(', ')),
})
