import { PROXY_HOST_HEADER } from '@opsmantik/tracker/contract'
import { countRequest } from '../limits/count-request.js'
import { limitKey } from '../limits/limit-key.js'
import type { Limiter } from '../limits/limiter.js'
import type { Step } from './step.js'
import { used } from './used.js'

const PROXY_HOST = PROXY_HOST_HEADER.toLowerCase()

/** Step 9. Per site and client, and per site: another proxy host or user agent must not buy more than that. */
export const siteLimit = (limiter: Limiter, endpoint: 'v1' | 'v2'): Step => ({
  name: 'Limit per site',
  section: '5.9',
  run: (context) => {
    const siteId = context.siteId!
    const { client } = context
    const key =
      endpoint === 'v1'
        ? limitKey(siteId, client)
        : limitKey(siteId, proxyHost(context.header(PROXY_HOST)), client)
    return countRequest(context, limiter, [
      { kind: endpoint, key },
      { kind: 'site', key: limitKey('call', siteId) },
    ])
  },
  note: (context) => used(context, ['v1', 'v2', 'site']),
})

/**
 * Step 9 of sync. Buckets of their own: a flood of sync requests, which need no signature, must not use up what a
 * site's signed calls may take.
 */
export const syncSiteLimit = (limiter: Limiter): Step => ({
  name: 'Limit per site',
  section: '5.9',
  run: (context) => {
    const sites = [...new Set(context.siteIds)]
    const counts = sites.map((siteId) => ({ kind: 'site' as const, key: limitKey('sync', siteId) }))
    return countRequest(context, limiter, counts)
  },
  note: (context) => used(context, ['site']),
})

/** Lower-cased and cut; what is no host name at all is `unknown`. */
const proxyHost = (received = ''): string =>
  /^[a-z\d.-]{1,128}/.exec(received.toLowerCase())?.[0] ?? 'unknown'
