import { limitKey } from './limit-key.js'
import type { Count } from './limiter.js'

/** Every request counts for its address first (contract section 9). */
export const addressCount = (address: string): Count => ({
  kind: 'address',
  owner: address,
  key: '',
})

/** What V1 and sync count before the signature: another user agent gives no more than the address has. */
export const clientCounts = (kind: 'coarse' | 'sync', address: string, client: string): Count[] => [
  addressCount(address),
  { kind, owner: address, key: limitKey(client) },
]

/** What a verified V1 request counts. The narrowest bucket is first: what it refuses uses up no wider one. */
export const v1Counts = (siteId: string, client: string, address: string): Count[] => [
  { kind: 'v1', owner: siteId, key: limitKey(client) },
  ...siteCounts(siteId, 'call', address, 1),
]

/** What a verified V2 request counts: the visitor's address is the proxy's word. */
export const v2Counts = (siteId: string, proxyHost: string, visitor: string): Count[] => [
  { kind: 'v2', owner: siteId, key: limitKey(proxyHost, visitor) },
  ...siteCounts(siteId, 'call', visitor, 1),
]

/** What a sync request counts for one of its sites: each event. */
export const syncCounts = (siteId: string, address: string, events: number): Count[] =>
  siteCounts(siteId, 'sync', address, events)

/** Sync apart from calls: anybody can send page events, and they must not use up what signed calls may. */
const siteCounts = (
  siteId: string,
  what: 'call' | 'sync',
  address: string,
  weight: number,
): Count[] => [
  { kind: 'share', owner: siteId, key: limitKey(what, address), weight },
  { kind: 'site', owner: siteId, key: what, weight },
]
