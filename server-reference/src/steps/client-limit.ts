import { clientAddress, clientKey } from '../limits/client.js'
import { countRequest } from '../limits/count-request.js'
import { limitKey } from '../limits/limit-key.js'
import type { Limiter } from '../limits/limiter.js'
import type { Step } from './step.js'
import { used } from './used.js'

/** Step 5. Per client, and per address: another user agent must not buy more than that. */
export const clientLimit = (
  limiter: Limiter,
  kind: 'coarse' | 'sync',
  trustedHops: number,
): Step => ({
  name: 'Limit per client',
  section: '5.5',
  run: (context) => {
    const address = clientAddress(context, trustedHops)
    context.client = clientKey(context, address)
    return countRequest(context, limiter, [
      { kind, key: limitKey(context.client) },
      { kind: 'address', key: limitKey(address) },
    ])
  },
  note: (context) => used(context, [kind, 'address']),
})

/** The address alone, for what is not an event. */
export const addressLimit = (limiter: Limiter, trustedHops: number): Step => ({
  name: 'Limit per address',
  section: '9',
  run: (context) => {
    const key = limitKey(clientAddress(context, trustedHops))
    return countRequest(context, limiter, [{ kind: 'address', key }])
  },
})
