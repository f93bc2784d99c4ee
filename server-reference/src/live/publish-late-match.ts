import type { MatchedCall } from '../store/store.js'
import type { Feed } from './feed.js'
import { callMessageId } from './position.js'

/** Tells the feed that the session of a call became known after it was recorded (contract section 7). */
export const publishLateMatch = (feed: Feed, call: MatchedCall): void =>
  feed.publish({
    type: 'call',
    id: callMessageId(call.recordedAt, call.callId),
    call_id: call.callId,
    session_id: call.sessionId,
    site_id: call.siteId,
    status: 'matched',
    endpoint: call.endpoint,
    action: call.action,
    target: call.target,
    page_url: call.pageUrl,
    occurred_at: call.occurredAt,
    matched_later: true,
  })
