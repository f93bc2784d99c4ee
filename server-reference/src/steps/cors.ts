import { EXPOSED_HEADERS } from '@opsmantik/tracker/contract'
import type { OriginPolicy } from '../config/origins.js'

const DENIED = ['Vary', 'Origin']

/**
 * Returns the CORS headers of every answer to this origin, refusals included: without them a browser hides the reason
 * behind "CORS error". Our own, because hono/cors costs five times as much and lets denied origins through.
 */
export const corsHeaders = (
  origins: OriginPolicy,
  origin: string | undefined,
): readonly string[] =>
  origin !== undefined && origins.allows(origin)
    ? [
        'Vary',
        'Origin',
        'Access-Control-Allow-Origin',
        origin,
        'Access-Control-Expose-Headers',
        EXPOSED_HEADERS,
      ]
    : DENIED
