/**
 * Seconds between an attempt and the next one, as the Standard Webhooks specification recommends: ten attempts within
 * three days.
 */
export const RETRY_SECONDS = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400] as const

/** Part of the wait that chance adds, so that deliveries which failed together do not come back together. */
const JITTER = 0.1

/** Returns the seconds until the retry of a delivery that has failed `attempts` times, or null if it is abandoned. */
export const retryAfterSeconds = (
  attempts: number,
  random: () => number = Math.random,
): number | null => {
  const wait = RETRY_SECONDS[attempts - 1]
  return wait === undefined ? null : wait * (1 + JITTER * random())
}
