import type { CallAnswer } from '@opsmantik/tracker/contract'
import type { Logger } from 'pino'
import type { Step } from '../env.js'
import { replyJson } from '../http/reply.js'
import type { Feed } from '../live/feed.js'
import { noop } from './noop.js'

/** Step 12. Answer, then publish: `setImmediate` runs once the answer is on its way. */
export const answer =
  (feed: Feed, log: Logger, endpoint: string): Step =>
  (c) => {
    const recorded = c.get('recorded')
    if (!recorded.inserted) return noop(c, log, recorded)
    const { callId, sessionId } = recorded
    const status = sessionId === null ? 'unmatched' : 'matched'
    c.set('outcome', status)
    const event = c.get('event')
    const site_id = c.get('siteId')
    setImmediate(() =>
      feed.publish({
        type: 'call',
        call_id: callId,
        session_id: sessionId,
        site_id,
        status,
        endpoint,
        action: event.intent_action ?? event.action ?? null,
        target: event.intent_target ?? event.phone_number ?? null,
        page_url: event.intent_page_url ?? event.url ?? null,
      }),
    )
    const request_id = c.get('requestId')
    const body: CallAnswer =
      sessionId === null
        ? { status: 'unmatched', call_id: callId, session_id: null, request_id }
        : { status: 'matched', call_id: callId, session_id: sessionId, request_id }
    return replyJson(c, 200, body)
  }

/** The same for sync: a message for each site, mostly one. */
export const answerSync =
  (feed: Feed): Step =>
  (c) => {
    const events = c.get('syncEvents')
    const siteIds = c.get('siteIds')
    setImmediate(() => {
      for (const site_id of new Set(siteIds)) {
        const accepted = siteIds.filter((id) => id === site_id).length
        const page_url = events[siteIds.indexOf(site_id)]!.u
        feed.publish({ type: 'sync', site_id, accepted, page_url })
      }
    })
    c.set('outcome', 'synced')
    const request_id = c.get('requestId')
    return replyJson(c, 200, { ok: true, status: 'synced', accepted: events.length, request_id })
  }
