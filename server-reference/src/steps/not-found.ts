import type { OriginPolicy } from '../config/origins.js'
import { refuse } from '../http/refuse.js'
import type { RequestContext } from '../http/request-context.js'
import { answerPreflight } from './preflight.js'
import type { Step } from './step.js'

/**
 * Creates step 1 for a path that does not exist. An allowed origin may read the 404, and its preflight is answered: an
 * address with a slash too many (`/api/call-event/`) would otherwise look like a CORS error
 * (docs/decisions/server-silences.md).
 *
 * @param limit counts the request for its address; a preflight that is answered is not counted (contract section 2)
 */
export const notFound = (origins: OriginPolicy, limit: Step): readonly Step[] => [
  {
    name: 'Origin',
    section: '5.2',
    run: (context) => (isAllowedPreflight(context, origins) ? answerPreflight(context) : undefined),
  },
  limit,
  { name: 'Method and path', section: '1', run: (context) => refuse(context, 'NOT_FOUND') },
]

const isAllowedPreflight = (context: RequestContext, origins: OriginPolicy): boolean => {
  const origin = context.header('origin')
  return (
    context.method === 'OPTIONS' &&
    context.header('access-control-request-method') !== undefined &&
    origin !== undefined &&
    origins.allows(origin)
  )
}
