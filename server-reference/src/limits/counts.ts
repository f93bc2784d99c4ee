import { limitKey } from './limit-key.js'
import type { Count } from './limiter.js'

/** Returns the count for the address, which every request counts first (contract section 9). */
export const addressCount = (address: string): Count => ({
  kind: 'address',
  owner: address,
  key: '',
})

/**
 * Returns the counts of V1 and sync before the signature: changing the user agent does not raise the limit of the
 * address.
 */
export const clientCounts = (kind: 'coarse' | 'sync', address: string, client: string): Count[] => [
  addressCount(address),
  { kind, owner: address, key: limitKey(client) },
]

/**
 * Returns the counts of a verified V1 request. The narrowest bucket is first, so a request that it refuses uses up no
 * wider one.
 */
export const v1Counts = (siteId: string, client: string, address: string): Count[] => [
  { kind: 'v1', owner: siteId, key: limitKey(client) },
  shareCount(siteId, 'call', address, 1),
  siteCount(siteId, 'call', 1),
]

/** Returns the counts of a verified V2 request: the visitor's address is the one that the proxy reports. */
export const v2Counts = (siteId: string, proxyHost: string, visitor: string): Count[] => [
  { kind: 'v2', owner: siteId, key: limitKey(proxyHost, visitor) },
  shareCount(siteId, 'call', visitor, 1),
  siteCount(siteId, 'call', 1),
]

/** Returns the counts of a sync request for one of its sites: each event counts. */
export const syncCounts = (siteId: string, address: string, events: number): Count[] => [
  shareCount(siteId, 'sync', address, events),
  siteCount(siteId, 'sync', events),
]

/**
 * Sync is counted separately from calls: any client can send page events, and they must not use up the limit of signed
 * calls.
 */
type What = 'call' | 'sync'

const shareCount = (siteId: string, what: What, address: string, weight: number): Count => ({
  kind: 'share',
  owner: siteId,
  key: limitKey(what, address),
  weight,
})

const siteCount = (siteId: string, what: What, weight: number): Count => ({
  kind: 'site',
  owner: siteId,
  key: what,
  weight,
})
