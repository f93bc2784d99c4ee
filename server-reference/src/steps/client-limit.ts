import type { Step } from '../env.js'
import { clientAddress, clientKey } from '../limits/client.js'
import { countRequest } from '../limits/count-request.js'
import { limitKey } from '../limits/limit-key.js'
import type { Limiter } from '../limits/limiter.js'

/** Step 5. Per client, and per address: another user agent must not buy more than that. */
export const clientLimit =
  (limiter: Limiter, kind: 'coarse' | 'sync', trustedHops: number): Step =>
  (c) => {
    const address = clientAddress(c, trustedHops)
    const client = clientKey(c, address)
    c.set('client', client)
    return countRequest(c, limiter, [
      { kind, key: limitKey(client) },
      { kind: 'address', key: limitKey(address) },
    ])
  }

/** The address alone, for what is not an event. */
export const addressLimit =
  (limiter: Limiter, trustedHops: number): Step =>
  (c) => {
    const key = limitKey(clientAddress(c, trustedHops))
    return countRequest(c, limiter, [{ kind: 'address', key }])
  }
