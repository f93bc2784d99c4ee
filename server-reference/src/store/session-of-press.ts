import { MATCH_WINDOW_MS } from '@opsmantik/tracker/contract'

export interface SeenSession {
  siteId: string
  sid: string
  fingerprint: string | null
  /** Milliseconds since the epoch of each of its page events, in order. */
  seen: number[]
}

/**
 * Returns the `sid` of the session that a press belongs to, or null: the newest that was seen in the 30 minutes before
 * it; if there is none, the first whose first page event arrived in the 30 minutes after it (contract section 7). The
 * database has the same rule in SQL, `session_of_press_v1`.
 */
export const sessionOfPress = (
  sessions: readonly SeenSession[],
  siteId: string,
  fingerprint: string,
  at: number,
): string | null => {
  const own = sessions.filter((one) => one.siteId === siteId && one.fingerprint === fingerprint)
  const lastSeen = ({ seen }: SeenSession): number => Math.min(seen.at(-1)!, at)
  const before = own
    .filter(({ seen }) => seen.some((time) => time <= at && time >= at - MATCH_WINDOW_MS))
    // Of two in the same millisecond the later is the newer.
    .toReversed()
    .toSorted((a, b) => lastSeen(b) - lastSeen(a) || b.seen[0]! - a.seen[0]!)[0]
  const after = own
    .filter(({ seen }) => seen[0]! > at && seen[0]! <= at + MATCH_WINDOW_MS)
    .toSorted((a, b) => a.seen[0]! - b.seen[0]!)[0]
  return (before ?? after)?.sid ?? null
}
