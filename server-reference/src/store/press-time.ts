import { PRESS_MAX_AGE_MS, PRESS_MAX_AHEAD_MS } from '@opsmantik/tracker/contract'

/**
 * Returns the time of the press in milliseconds since the epoch, or null if the event does not know it: then the time
 * of arrival counts (contract section 6). A stamp that is too old or ahead of `now` comes from a clock that is wrong.
 */
export const pressTime = (stamp: string | undefined, now: number): number | null => {
  const dash = stamp === undefined ? -1 : stamp.indexOf('-')
  if (dash < 1 || dash > 15) return null
  const digits = stamp!.slice(0, dash)
  if (!/^\d+$/.test(digits)) return null
  const at = Number(digits)
  return now - at <= PRESS_MAX_AGE_MS && at - now <= PRESS_MAX_AHEAD_MS ? at : null
}
