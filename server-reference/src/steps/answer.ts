import { replyJson, replyText } from '../http/reply.js'
import type { RequestContext } from '../http/request-context.js'
import type { Feed } from '../live/feed.js'
import { callMessageId } from '../live/position.js'
import type { Log } from '../world.js'
import { noop } from './noop.js'
import type { Step } from './step.js'

/** Creates step 12: it responds, then publishes. */
export const answer = (feed: Feed, log: Log, endpoint: string): Step => {
  const publish = publishCall(feed, endpoint)
  return {
    name: 'Answer',
    section: '5.12',
    run: (context) => {
      const recorded = context.recorded!
      if (!recorded.inserted) return noop(context, log, recorded)
      const { callId, sessionId } = recorded
      const status = sessionId === null ? 'unmatched' : 'matched'
      context.outcome = status
      context.afterAnswer = publish
      // By template: a session's id is the visitor's text, the rest needs no escape (a CallAnswer of the contract).
      return replyText(
        context,
        200,
        `{"status":"${status}","call_id":"${callId}","session_id":${sessionId === null ? 'null' : JSON.stringify(sessionId)},"request_id":"${context.requestId}"}`,
      )
    },
    note: ({ outcome }) => outcome,
  }
}

/** Publishes the call of a request. One function for all of them: a closure for each costs more than it does. */
const publishCall =
  (feed: Feed, endpoint: string) =>
  (context: RequestContext): void => {
    if (!feed.isWanted()) return feed.passOver()
    const { callId, sessionId, occurredAt, recordedAt } = context.recorded!
    const event = context.event!
    feed.publish(
      {
        type: 'call',
        id: callMessageId(recordedAt, callId),
        call_id: callId,
        session_id: sessionId,
        site_id: context.siteId!,
        status: sessionId === null ? 'unmatched' : 'matched',
        endpoint,
        action: event.intent_action ?? event.action ?? null,
        target: event.intent_target ?? event.phone_number ?? null,
        page_url: event.intent_page_url ?? event.url ?? null,
        occurred_at: occurredAt,
      },
      context.detail,
    )
  }

/** Creates the same step for sync: a message for each site, mostly one. */
export const answerSync = (feed: Feed): Step => ({
  name: 'Answer',
  section: '5.12',
  run: (context) => {
    const events = context.syncEvents!
    const siteIds = context.siteIds!
    context.afterAnswer = () => {
      for (const site_id of new Set(siteIds)) {
        const accepted = siteIds.filter((id) => id === site_id).length
        const page_url = events[siteIds.indexOf(site_id)]!.u
        feed.publish({ type: 'sync', site_id, accepted, page_url }, context.detail)
      }
    }
    context.outcome = 'synced'
    const request_id = context.requestId
    return replyJson(context, 200, {
      ok: true,
      status: 'synced',
      accepted: events.length,
      request_id,
    })
  },
  note: ({ outcome }) => outcome,
})
