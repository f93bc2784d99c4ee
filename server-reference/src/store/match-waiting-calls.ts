import type { Database } from './database.js'
import type { MatchedCall } from './store.js'

const MATCH = 'select * from public.match_waiting_calls_v1($1::json)'

export interface MatchedRow {
  call_id: string
  site_id: string
  session_id: string
  endpoint: string
  action: string | null
  target: string | null
  page_url: string | null
  /** Microseconds since the epoch. */
  occurred_us: number
  recorded_us: number
}

export interface Visitor {
  siteId: string
  fingerprint: string
}

/** Matches the waiting calls of these visitors whose session is known by now. */
export const matchWaitingCalls = async (
  database: Database,
  visitors: readonly Visitor[],
): Promise<MatchedCall[]> =>
  matchedCalls(
    await database.batch<MatchedRow>(
      'service_role',
      MATCH,
      visitors.map(({ siteId, fingerprint }) => ({ site_id: siteId, fingerprint })),
    ),
  )

export const matchedCalls = (rows: readonly MatchedRow[]): MatchedCall[] =>
  rows.map((row) => ({
    callId: row.call_id,
    siteId: row.site_id,
    sessionId: row.session_id,
    endpoint: row.endpoint,
    action: row.action,
    target: row.target,
    pageUrl: row.page_url,
    occurredAt: Math.floor(row.occurred_us / 1000),
    recordedAt: row.recorded_us,
  }))
