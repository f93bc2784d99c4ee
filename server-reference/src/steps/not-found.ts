import type { OriginPolicy } from '../config/origins.js'
import { refuse } from '../http/refuse.js'
import type { RequestContext } from '../http/request-context.js'
import { answerPreflight } from './preflight.js'
import type { Step } from './step.js'

/**
 * Step 1 for a path that does not exist. An allowed origin may read the 404, and its preflight is answered: an address
 * with a slash too many (`/api/call-event/`) would otherwise look like a CORS error (docs/decisions/server-silences.md).
 */
export const notFound = (origins: OriginPolicy): Step => ({
  name: 'Method and path',
  section: '1',
  run: (context) =>
    isAllowedPreflight(context, origins) ? answerPreflight(context) : refuse(context, 'NOT_FOUND'),
})

const isAllowedPreflight = (context: RequestContext, origins: OriginPolicy): boolean => {
  const origin = context.header('origin')
  return (
    context.method === 'OPTIONS' &&
    context.header('access-control-request-method') !== undefined &&
    origin !== undefined &&
    origins.allows(origin)
  )
}
