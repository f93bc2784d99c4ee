import { PROXY_HOST_HEADER } from '@opsmantik/tracker/contract'
import type { Step } from '../env.js'
import { countRequest } from '../limits/count-request.js'
import { limitKey } from '../limits/limit-key.js'
import type { Limiter } from '../limits/limiter.js'

/** Step 9. Per site and client, and per site: another proxy host or user agent must not buy more than that. */
export const siteLimit =
  (limiter: Limiter, endpoint: 'v1' | 'v2'): Step =>
  (c) => {
    const siteId = c.get('siteId')
    const client = c.get('client')
    const key =
      endpoint === 'v1'
        ? limitKey(siteId, client)
        : limitKey(siteId, proxyHost(c.req.header(PROXY_HOST_HEADER)), client)
    return countRequest(c, limiter, [
      { kind: endpoint, key },
      { kind: 'site', key: limitKey('call', siteId) },
    ])
  }

/**
 * Step 9 of sync. Buckets of their own: whoever floods sync, which needs no signature, must not use up what a site's
 * signed calls may take.
 */
export const syncSiteLimit =
  (limiter: Limiter): Step =>
  (c) => {
    const sites = [...new Set(c.get('siteIds'))]
    const counts = sites.map((siteId) => ({ kind: 'site' as const, key: limitKey('sync', siteId) }))
    return countRequest(c, limiter, counts)
  }

/** Lower-cased and cut; what is no host name at all is `unknown`. */
const proxyHost = (received = ''): string =>
  /^[a-z\d.-]{1,128}/.exec(received.toLowerCase())?.[0] ?? 'unknown'
