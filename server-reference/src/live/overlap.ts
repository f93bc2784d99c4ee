import type { CallCursor, ListedCall } from '../store/store.js'

/**
 * Microseconds by which reading begins before a position. Rows carry the time at which their transaction began, and
 * become visible when it commits: a statement of a request takes at most 5 s, so a call that is committed later than
 * another may be up to that much older.
 */
export const OVERLAP_US = 15_000_000

const FIRST_ID = '00000000-0000-0000-0000-000000000000'

/** Returns the cursor from which nothing is missed that was committed after the call at `us`. */
export const cursorBefore = (us: number, overlapUs: number = OVERLAP_US): CallCursor => ({
  recordedAt: Math.max(0, us - overlapUs),
  callId: FIRST_ID,
})

/** Returns the cursor behind a call. */
export const cursorBehind = ({ recordedAt, callId }: ListedCall): CallCursor => ({
  recordedAt,
  callId,
})
