import type { lookup as dnsLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isPrivateAddress } from './private-addresses.js'

/**
 * Looks a name up, and fails if any of its addresses is private. The connection goes to the addresses of this very
 * lookup, so that a name which changes between two lookups (DNS rebinding) leads nowhere.
 */
export const publicOnly =
  (lookup: typeof dnsLookup): LookupFunction =>
  (hostname, options, callback) =>
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '')
      if (addresses.length === 0 || addresses.some(({ address }) => isPrivateAddress(address)))
        return callback(new Error('the name leads to a private address'), '')
      if (options.all === true) return callback(null, addresses)
      return callback(null, addresses[0]!.address, addresses[0]!.family)
    })
