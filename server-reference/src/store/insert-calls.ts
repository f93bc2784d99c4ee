import { randomUUID } from 'node:crypto'
import type { Database } from './database.js'
import { pressTime } from './press-time.js'
import type { NewCall, RecordedCall } from './store.js'

const RECORD = 'select * from public.record_calls_v1($1::json)'

interface Row {
  /** From 1. */
  ord: number
  call_id: string
  session_id: string | null
  inserted: boolean
  /** Null: the event was removed, only its id is kept. */
  digest: string | null
  /** Microseconds since the epoch. */
  occurred_us: number
  recorded_us: number
}

/** Records calls. Each result is of a committed row. */
export const insertCalls = async (
  database: Database,
  calls: readonly NewCall[],
  now: number,
): Promise<RecordedCall[]> => {
  const rows = await database.batch<Row>(
    'service_role',
    RECORD,
    calls.map(({ siteId, endpoint, digest, replayKey, event, marked }) => ({
      ...event,
      id: randomUUID(),
      site_id: siteId,
      endpoint,
      digest,
      replay_key: replayKey,
      occurred_ms: pressTime(event.intent_stamp, now),
      ...(marked && { marked }),
    })),
  )
  const recorded: RecordedCall[] = []
  let missing = calls.length
  for (const row of rows) {
    if (recorded[row.ord - 1] === undefined) missing--
    recorded[row.ord - 1] = {
      callId: row.call_id,
      sessionId: row.session_id,
      inserted: row.inserted,
      digest: row.digest ?? calls[row.ord - 1]!.digest,
      occurredAt: Math.floor(row.occurred_us / 1000),
      recordedAt: row.recorded_us,
    }
  }
  if (missing !== 0) throw new Error('a call was neither inserted nor found')
  return recorded
}
