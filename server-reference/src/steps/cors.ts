import {
  ALLOWED_HEADERS,
  ALLOWED_METHODS,
  EXPOSED_HEADERS,
  PREFLIGHT_MAX_AGE,
} from '@opsmantik/tracker/contract'
import type { OriginPolicy } from '../config/origins.js'
import type { Step } from '../env.js'
import { reply } from '../http/reply.js'
import { refuse } from '../http/refuse.js'

/**
 * The CORS headers of every answer, refusals included: without them a browser hides the reason behind "CORS error".
 * It refuses nothing. Our own, because hono/cors costs five times as much and lets denied origins through.
 */
export const cors =
  (origins: OriginPolicy): Step =>
  (c) => {
    const origin = c.req.header('origin')
    const isAllowed = origin !== undefined && origins.allows(origin)
    c.set('cors', {
      Vary: 'Origin',
      ...(isAllowed && {
        'Access-Control-Allow-Origin': origin,
        'Access-Control-Expose-Headers': EXPOSED_HEADERS,
      }),
    })
    return undefined
  }

/** Answers OPTIONS: before authentication, limits and database. */
export const preflight =
  (origins: OriginPolicy): Step =>
  (c) => {
    const origin = c.req.header('origin')
    // Not a preflight, which always has an origin (Fetch, 4.8): somebody asks for the methods (RFC 9110, 9.3.7).
    if (origin === undefined) return reply(c, 204, null, { Allow: ALLOWED_METHODS })
    if (!origins.allows(origin)) return refuse(c, 'ORIGIN_NOT_ALLOWED', { origin })
    return reply(c, 204, null, {
      'Access-Control-Allow-Methods': ALLOWED_METHODS,
      'Access-Control-Allow-Headers': ALLOWED_HEADERS,
      'Access-Control-Max-Age': String(PREFLIGHT_MAX_AGE),
    })
  }
