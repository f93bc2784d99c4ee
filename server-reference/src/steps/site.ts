import { SITE_ID, SITE_ID_HEADER } from '@opsmantik/tracker/contract'
import type { Logger } from 'pino'
import type { Step, Verdict } from '../env.js'
import { refuse, refuseSignature } from '../http/refuse.js'
import type { Store } from '../store/store.js'
import { storeFailed } from './unavailable.js'

interface Options {
  store: Pick<Store, 'resolve'>
  now: () => number
  log: Logger
}

const plain = (identifier: string): string => identifier.replaceAll('-', '').toLowerCase()

/**
 * Step 8. The body's site exists, and is the one that signed. Where the body names it as the header does, the
 * verifier's statement has resolved it already.
 */
export const site =
  ({ store, now, log }: Options): Step =>
  (c) => {
    const { site_id } = c.get('event')
    const signedSite = c.get('signedSite')
    const header = c.req.header(SITE_ID_HEADER) ?? ''
    const isResolved =
      signedSite !== undefined && SITE_ID.test(site_id) && plain(site_id) === plain(header)
    const judge = (siteId: string | null): Verdict => {
      if (siteId === null) return refuse(c, 'INVALID_SITE_ID')
      if (signedSite !== undefined && signedSite !== siteId)
        return refuseSignature(c, 'SITE_MISMATCH', now())
      c.set('siteId', siteId)
      return undefined
    }
    return isResolved
      ? judge(signedSite)
      : store.resolve(site_id).then(judge, (error: unknown) => storeFailed(c, log, error))
  }

/** Step 8 of sync: every event's site. A batch mostly has one. */
export const syncSites =
  ({ store, now, log }: Options): Step =>
  async (c) => {
    const events = c.get('syncEvents')
    const identifiers = [...new Set(events.map((event) => event.s))]
    let resolved: Map<string, string | null>
    try {
      const ids = await Promise.all(identifiers.map((identifier) => store.resolve(identifier)))
      resolved = new Map(identifiers.map((identifier, index) => [identifier, ids[index]!]))
    } catch (error) {
      return storeFailed(c, log, error)
    }
    const siteIds = events.map((event) => resolved.get(event.s) ?? null)
    const unknown = siteIds.indexOf(null)
    if (unknown !== -1)
      return refuse(c, 'INVALID_SITE_ID', {
        issues: [
          { path: events.length > 1 ? `events.${unknown}.s` : 's', message: 'unknown site' },
        ],
      })
    const signedSite = c.get('signedSite')
    if (signedSite !== undefined && siteIds.some((siteId) => siteId !== signedSite))
      return refuseSignature(c, 'SITE_MISMATCH', now())
    c.set('siteIds', siteIds as string[])
    return undefined
  }
