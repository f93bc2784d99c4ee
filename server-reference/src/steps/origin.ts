import { PROXY_HEADER, SIGNATURE_HEADER } from '@opsmantik/tracker/contract'
import type { OriginPolicy } from '../config/origins.js'
import { refuse } from '../http/refuse.js'
import { inNote } from './in-note.js'
import type { Step } from './step.js'

export type CorsEndpoint = 'v1' | 'v2' | 'sync'

const PROXY = PROXY_HEADER.toLowerCase()
const SIGNATURE = SIGNATURE_HEADER.toLowerCase()

/**
 * Creates step 2. A request without an Origin comes from a server: it is allowed on V2, and on sync when a proxy
 * forwards it and has signed it, which step 6 then verifies. With signing disabled the origin is the only guard left,
 * and has to be there.
 */
export const origin = (
  origins: OriginPolicy,
  endpoint: CorsEndpoint,
  signingDisabled: boolean,
): Step => ({
  name: 'Origin',
  section: '5.2',
  run: (context) => {
    const received = context.header('origin')
    if (received !== undefined)
      return origins.allows(received)
        ? undefined
        : refuse(context, 'ORIGIN_NOT_ALLOWED', { origin: received })
    const isProxy = context.header(PROXY) === '1' && context.header(SIGNATURE) !== undefined
    const mayLack = endpoint === 'v2' || (endpoint === 'sync' && isProxy)
    if (signingDisabled || !mayLack) return refuse(context, 'ORIGIN_REQUIRED')
    context.isSignatureDemanded = true
    return undefined
  },
  note: (context, isStopped) => {
    const received = inNote(context.header('origin'))
    if (isStopped) return received ?? 'no Origin header'
    return received === undefined
      ? 'none, as from a server: its signature has to hold'
      : `${received} is allowed`
  },
})
