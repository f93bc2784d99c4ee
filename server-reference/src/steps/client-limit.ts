import { clientAddress, clientKey, peerOf } from '../limits/client.js'
import { countRequest } from '../limits/count-request.js'
import { addressCount, clientCounts } from '../limits/counts.js'
import type { Limiter } from '../limits/limiter.js'
import type { Step } from './step.js'
import { used } from './used.js'

/** Creates step 5 of V1 and sync: it limits by the address, then by the client. */
export const clientLimit = (
  limiter: Limiter,
  kind: 'coarse' | 'sync',
  trustedHops: number,
): Step => ({
  name: 'Limit per client',
  section: '5.5',
  run: (context) => {
    const address = clientAddress(peerOf(context), trustedHops)
    context.address = address
    context.client = clientKey(address, context.header('user-agent'))
    return countRequest(context, limiter, clientCounts(kind, address, context.client))
  },
  note: (context) => used(context, ['address', kind]),
})

/**
 * Limits by the address alone: in step 5 of V2, whose visitor is unknown before the signature, and for requests without
 * an event.
 */
export const addressLimit = (
  limiter: Limiter,
  trustedHops: number,
  section: '5.5' | '9' = '9',
): Step => ({
  name: 'Limit per address',
  section,
  run: (context) => {
    context.address = clientAddress(peerOf(context), trustedHops)
    return countRequest(context, limiter, [addressCount(context.address)])
  },
  note: (context) => used(context, ['address']),
})
