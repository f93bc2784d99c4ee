import { PRESS_MAX_AGE_MS, PRESS_MAX_AHEAD_MS } from '@opsmantik/tracker/contract'

/**
 * Returns the time of the press in milliseconds since the epoch, or null if the event does not know it: then the time
 * of arrival counts (contract section 6). A stamp that is too old or ahead of `now` comes from a clock that is wrong.
 */
export const pressTime = (stamp: string | undefined, now: number): number | null => {
  const [, digits] = /^(\d{1,15})-/.exec(stamp ?? '') ?? []
  if (digits === undefined) return null
  const at = Number(digits)
  return now - at <= PRESS_MAX_AGE_MS && at - now <= PRESS_MAX_AHEAD_MS ? at : null
}
