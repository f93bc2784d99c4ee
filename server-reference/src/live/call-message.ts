import type { LiveMessage } from '@opsmantik/tracker/contract'
import type { ListedCall } from '../store/store.js'
import { callMessageId } from './position.js'

/** Returns the message of a call that is read from the database. */
export const callMessage = (call: ListedCall): Extract<LiveMessage, { type: 'call' }> => ({
  type: 'call',
  id: callMessageId(call.recordedAt, call.callId),
  at: Math.floor(call.recordedAt / 1000),
  call_id: call.callId,
  session_id: call.sessionId,
  site_id: call.siteId,
  status: call.sessionId === null ? 'unmatched' : 'matched',
  endpoint: call.endpoint,
  action: call.action,
  target: call.target,
  page_url: call.pageUrl,
  occurred_at: call.occurredAt,
})
