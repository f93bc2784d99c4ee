import { writeCursor } from './read-query.js'
import type { ReadCall } from '../store/reading.js'

/** Returns a call as `GET /api/calls` has it in JSON. Times are milliseconds since the epoch, as in the live feed. */
export const callJson = (call: ReadCall) => ({
  call_id: call.callId,
  /** The call's place in the order of reading. */
  cursor: writeCursor(call),
  site_id: call.siteId,
  status: call.sessionId === null ? ('unmatched' as const) : ('matched' as const),
  session_id: call.sessionId,
  visitor: call.fingerprint,
  action: call.action,
  target: call.target,
  page_url: call.pageUrl,
  click_id: call.clickId,
  gclid: call.gclid,
  gbraid: call.gbraid,
  wbraid: call.wbraid,
  value: call.value,
  marked: call.marked,
  endpoint: call.endpoint,
  occurred_at: Math.floor(call.occurredUs / 1000),
  recorded_at: Math.floor(call.recordedUs / 1000),
})
