import type { CallAnswer } from '@opsmantik/tracker/contract'
import type { Answer } from '../http/answer.js'
import { replyJson } from '../http/reply.js'
import type { RequestContext } from '../http/request-context.js'
import type { Seen } from '../replay/replay-cache.js'
import type { Log } from '../world.js'

/**
 * Responds with 200 to an event that was recorded before. If its content differs now, the first one is kept and the log
 * says so.
 */
export const noop = (context: RequestContext, log: Log, first: Seen): Answer => {
  const request_id = context.requestId
  if (first.digest !== context.digest)
    log.warn(
      { request_id, call_id: first.callId, site: context.siteId },
      'an event came again with a different body; the first one stands',
    )
  context.outcome = 'noop'
  const answer: CallAnswer = { status: 'noop', call_id: first.callId, request_id }
  return replyJson(context, 200, answer)
}
