import { PROXY_HEADER, SIGNATURE_HEADER } from '@opsmantik/tracker/contract'
import type { OriginPolicy } from '../config/origins.js'
import type { Step } from '../env.js'
import { refuse } from '../http/refuse.js'

export type Endpoint = 'v1' | 'v2' | 'sync'

/**
 * Step 2. A request without an Origin comes from a server: fine on V2, and on sync when a proxy forwards it and has
 * signed it, which step 6 then verifies. With signing disabled the origin is the only guard left, and has to be there.
 */
export const origin =
  (origins: OriginPolicy, endpoint: Endpoint, signingDisabled: boolean): Step =>
  (c) => {
    const received = c.req.header('origin')
    if (received !== undefined) {
      if (!origins.allows(received)) return refuse(c, 'ORIGIN_NOT_ALLOWED', { origin: received })
    } else {
      const isProxy =
        c.req.header(PROXY_HEADER) === '1' && c.req.header(SIGNATURE_HEADER) !== undefined
      const mayLack = endpoint === 'v2' || (endpoint === 'sync' && isProxy)
      if (signingDisabled || !mayLack) return refuse(c, 'ORIGIN_REQUIRED')
      c.set('signatureDemanded', true)
    }
    return undefined
  }
