import {
  ALLOWED_HEADERS,
  ALLOWED_METHODS,
  EXPOSED_HEADERS,
  PREFLIGHT_MAX_AGE_SECONDS,
} from '../contract/headers.js'

/**
 * Returns the CORS headers of every response, refusals included. Without them a page on a further origin cannot read
 * the response to its event, and its tracker resends the event for a week.
 */
export const corsHeaders = (origin: string | null, isAllowed: boolean): Record<string, string> => ({
  Vary: 'Origin',
  ...(origin !== null &&
    isAllowed && {
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Expose-Headers': EXPOSED_HEADERS,
    }),
})

/**
 * Returns the additional headers of the response to `OPTIONS`. A request without an origin is not a preflight: it asks
 * for the methods.
 */
export const preflightHeaders = (origin: string | null): Record<string, string> =>
  origin === null
    ? { Allow: ALLOWED_METHODS }
    : {
        'Access-Control-Allow-Methods': ALLOWED_METHODS,
        'Access-Control-Allow-Headers': ALLOWED_HEADERS,
        'Access-Control-Max-Age': String(PREFLIGHT_MAX_AGE_SECONDS),
      }
