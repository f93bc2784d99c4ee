import { randomUUID } from 'node:crypto'
import type { Database } from './database.js'
import { pressTime } from './press-time.js'
import type { NewCall, RecordedCall } from './store.js'

/**
 * One row for all calls: a row for each, with all its columns, costs the driver more than the rest of a batch. Of a call
 * that was inserted everything but its session is known here.
 */
const RECORD = `
select max(recorded_us) filter (where inserted) as recorded_us,
  json_agg(
    case when inserted then json_build_array(ord, session_id)
    else json_build_array(ord, session_id, call_id, digest, occurred_us, recorded_us) end
  ) as calls
from public.record_calls_v1($1::json)`

interface Row {
  /** Microseconds since the epoch: one statement inserts all its rows at one time. Null: it has inserted none. */
  recorded_us: number | null
  calls: Inserted[] | Found[]
}
/** The place in the list, from 1, and the session. */
type Inserted = [number, string | null]
/** Further the call's id, its digest (null: the event was removed, only its id is kept), press and arrival. */
type Found = [number, string | null, string, string | null, number, number]

/** Records calls. Each result is of a committed row. */
export const insertCalls = async (
  database: Database,
  calls: readonly NewCall[],
  now: number,
): Promise<RecordedCall[]> => {
  const ids: string[] = []
  const pressTimes: (number | null)[] = []
  let json = ''
  for (const call of calls) {
    const id = randomUUID()
    const occurredMs = pressTime(call.event.intent_stamp, now)
    ids.push(id)
    pressTimes.push(occurredMs)
    json += (json === '' ? '[' : ',') + callJson(call, id, occurredMs)
  }
  const [row] = await database.batch<Row>('service_role', RECORD, `${json}]`)
  const recorded: RecordedCall[] = []
  let missing = calls.length
  for (const found of row?.calls ?? []) {
    const at = found[0] - 1
    if (recorded[at] === undefined) missing--
    const [, sessionId] = found
    if (found.length === 2) {
      const recordedAt = row!.recorded_us!
      recorded[at] = {
        callId: ids[at]!,
        sessionId,
        inserted: true,
        digest: calls[at]!.digest,
        occurredAt: pressTimes[at] ?? Math.floor(recordedAt / 1000),
        recordedAt,
      }
    } else
      recorded[at] = {
        callId: found[2],
        sessionId,
        inserted: false,
        digest: found[3] ?? calls[at]!.digest,
        occurredAt: Math.floor(found[4] / 1000),
        recordedAt: found[5],
      }
  }
  if (missing !== 0) throw new Error('a call was neither inserted nor found')
  return recorded
}

/**
 * Returns a call as JSON. Our fields follow the event's in one text, because copying them into another object costs more
 * than writing them. The event's own `site_id`, which may be a public id, is overridden: of two equal keys Postgres takes
 * the last ("JSON Types" in its manual).
 */
const callJson = (
  { siteId, endpoint, digest, replayKey, event, marked = null }: NewCall,
  id: string,
  occurredMs: number | null,
): string =>
  `${JSON.stringify(event).slice(0, -1)},"id":"${id}","site_id":"${siteId}","endpoint":"${endpoint}","digest":"${digest}"${field('replay_key', replayKey)}${field('marked', marked)},"occurred_ms":${occurredMs}}`

/** Returns a field with a text that needs no escape, or nothing: most calls have neither of these. */
const field = (name: string, text: string | null): string =>
  text === null ? '' : `,"${name}":"${text}"`
