import {
  RARE_RETRY_FIRST_MS,
  RARE_RETRY_MAX_MS,
  RETRY_AFTER_MAX_MS,
  RETRY_FIRST_MS,
  RETRY_MAX_MS,
} from '../contract/limits.js'

/**
 * Returns the milliseconds until the next try (contract section 13).
 *
 * If the path to the server is at fault: what the server asked for, else exponential backoff with full jitter. If the
 * configuration is at fault: a little more than a minute, then doubling up to an hour, jittered by a fifth; nothing
 * shortens it.
 *
 * @param failures how many tries in a row have failed, at least 1; negative if the configuration was refused
 * @param retryAfter the `Retry-After` header: seconds or an HTTP date (RFC 9110, 10.2.3), or null
 */
export const retryDelay = (failures: number, retryAfter: string | null): number => {
  const asked = +retryAfter! * 1000 || Date.parse(retryAfter!) - Date.now()
  return failures < 0
    ? Math.min(RARE_RETRY_MAX_MS, (1.25 / 2) * RARE_RETRY_FIRST_MS * 2 ** -failures) *
        (1 - Math.random() / 5)
    : asked > 0
      ? Math.min(asked, RETRY_AFTER_MAX_MS)
      : Math.random() * Math.min(RETRY_MAX_MS, (RETRY_FIRST_MS / 2) * 2 ** failures)
}
