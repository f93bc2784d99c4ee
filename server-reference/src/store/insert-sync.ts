import { randomUUID } from 'node:crypto'
import type { Database } from './database.js'
import { matchedCalls, type MatchedRow } from './match-waiting-calls.js'
import type { MatchedCall, NewSync } from './store.js'

const RECORD = 'select * from public.record_sync_v1($1::json)'

/** Records events and their sessions, all or none of them. Returns the calls that were waiting for one of these sessions. */
export const insertSync = async (
  database: Database,
  events: readonly NewSync[],
): Promise<MatchedCall[]> =>
  matchedCalls(
    await database.batch<MatchedRow>(
      'service_role',
      RECORD,
      events.map(({ siteId, event }) => ({
        id: randomUUID(),
        site_id: siteId,
        event_id: event.event_id,
        sid: event.sid,
        month: event.sm,
        category: event.ec,
        action: event.ea,
        label: event.el,
        value: event.ev,
        page_url: event.u,
        referrer: event.r,
        fingerprint: event.meta?.fp,
        meta: event.meta,
      })),
    ),
  )
