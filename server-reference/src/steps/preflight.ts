import {
  ALLOWED_HEADERS,
  ALLOWED_METHODS,
  PREFLIGHT_MAX_AGE_SECONDS,
} from '@opsmantik/tracker/contract'
import type { OriginPolicy } from '../config/origins.js'
import type { Answer } from '../http/answer.js'
import { refuse } from '../http/refuse.js'
import { reply } from '../http/reply.js'
import type { RequestContext } from '../http/request-context.js'
import { inNote } from './in-note.js'
import type { Step } from './step.js'

const ALLOWED = {
  'Access-Control-Allow-Methods': ALLOWED_METHODS,
  'Access-Control-Allow-Headers': ALLOWED_HEADERS,
  'Access-Control-Max-Age': String(PREFLIGHT_MAX_AGE_SECONDS),
}

/** Responds with 204 and the allowed methods and headers. */
export const answerPreflight = (context: RequestContext): Answer =>
  reply(context, 204, null, ALLOWED)

/** Answers OPTIONS: before authentication, limits and database. */
export const preflight = (origins: OriginPolicy): Step => ({
  name: 'Origin',
  section: '5.2',
  run: (context) => {
    const origin = context.header('origin')
    // Not a preflight, which always has an origin (Fetch, 4.8): the client asks for the methods (RFC 9110, 9.3.7).
    if (origin === undefined) return reply(context, 204, null, { Allow: ALLOWED_METHODS })
    if (!origins.allows(origin)) return refuse(context, 'ORIGIN_NOT_ALLOWED', { origin })
    return answerPreflight(context)
  },
  note: (context) => inNote(context.header('origin')),
})
