import { RETRY_AFTER_MAX, RETRY_FIRST, RETRY_MAX } from '../contract/limits.js'

/**
 * Milliseconds until the next try: what the server asked for, else exponential backoff with full jitter
 * (contract section 13).
 *
 * @param tries how many tries have failed, at least 1
 * @param retryAfter the `Retry-After` header: seconds or an HTTP date (RFC 9110, 10.2.3), or null
 * @param now milliseconds since the epoch
 * @param random a number in [0, 1)
 */
export const retryDelay = (
  tries: number,
  retryAfter: string | null,
  now: number,
  random: number,
): number => {
  const asked = +retryAfter! * 1000 || Date.parse(retryAfter!) - now
  return asked > 0
    ? Math.min(asked, RETRY_AFTER_MAX)
    : random * Math.min(RETRY_MAX, RETRY_FIRST * 2 ** (tries - 1))
}
