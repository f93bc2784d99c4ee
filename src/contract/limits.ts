/** Bytes of a request body; one more is 413 (contract section 5). */
export const BODY_MAX_BYTES = 65_536
/** Seconds that a timestamp may lie in the past, and in the future (contract section 3). */
export const TIMESTAMP_MAX_AGE_SECONDS = 300
export const TIMESTAMP_MAX_AHEAD_SECONDS = 60
/**
 * Seconds by which the database verifier's window is wider at both ends, so that the API's clock decides (contract
 * section 3).
 */
export const VERIFIER_MARGIN_SECONDS = 30
/** Milliseconds for which a replay key is remembered (contract section 8). */
export const REPLAY_TTL_MS = 600_000
/** Milliseconds that the time of a press may lie before and after the server's clock (contract section 6). */
export const PRESS_MAX_AGE_MS = 691_200_000
export const PRESS_MAX_AHEAD_MS = 60_000
/** Milliseconds before a press in which a session matches its call (contract section 7). */
export const MATCH_WINDOW_MS = 1_800_000
/** Events in one sync batch (contract section 10). */
export const SYNC_BATCH_MAX = 20
/** Minimum length of a site's secret, in characters (contract section 3). */
export const SECRET_MIN_LENGTH = 16

/** UTF-8 bytes of a sync event's `meta`, written as JSON (docs/decisions/server-silences.md). */
export const META_MAX_BYTES = 4_096

/**
 * Requests per minute for each kind of limit, and the share of it that remains without the shared store (contract
 * section 9). Sync counts `site` and `share` by event: a batch of 20 counts 20.
 */
export const RATE_LIMITS = {
  coarse: { limit: 300, degraded: 60 },
  v1: { limit: 80, degraded: 15 },
  v2: { limit: 150, degraded: 30 },
  sync: { limit: 500, degraded: 100 },
  address: { limit: 6000, degraded: 1200 },
  site: { limit: 6000, degraded: 1200 },
  share: { limit: 1500, degraded: 300 },
} as const

/** Maximum number of events that a client keeps (contract section 13). */
export const OUTBOX_MAX_EVENTS = 100
export const OUTBOX_MAX_BYTES = 65_536
export const OUTBOX_MAX_AGE_MS = 604_800_000
/** Milliseconds within which the first retry comes; later ones are at most RETRY_MAX_MS apart (contract section 13). */
export const RETRY_FIRST_MS = 2_000
export const RETRY_MAX_MS = 600_000
/** Longest `Retry-After` that a client respects, in milliseconds (contract section 13). */
export const RETRY_AFTER_MAX_MS = 86_400_000
/**
 * Milliseconds before the first retry after a configuration refusal, at least; RARE_RETRY_MAX_MS is the maximum between
 * two retries.
 */
export const RARE_RETRY_FIRST_MS = 60_000
export const RARE_RETRY_MAX_MS = 3_600_000
/** Milliseconds after which a client aborts a request (contract section 13). */
export const REQUEST_TIMEOUT_MS = 11_000
/** Maximum number of requests that a client has in flight (contract section 13). */
export const REQUESTS_MAX = 4
