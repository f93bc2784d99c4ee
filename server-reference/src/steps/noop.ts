import type { CallAnswer } from '@opsmantik/tracker/contract'
import type { Context } from 'hono'
import type { Logger } from 'pino'
import type { Env } from '../env.js'
import { replyJson } from '../http/reply.js'
import type { Seen } from '../replay/replay-cache.js'

/** 200 for an event that is recorded already. If it says something else now, the first one stands and the log tells. */
export const noop = (c: Context<Env>, log: Logger, first: Seen): Response => {
  const request_id = c.get('requestId')
  if (first.digest !== c.get('digest'))
    log.warn(
      { request_id, call_id: first.callId, site: c.get('siteId') },
      'an event came again with a different body; the first one stands',
    )
  c.set('outcome', 'noop')
  const answer: CallAnswer = { status: 'noop', call_id: first.callId, request_id }
  return replyJson(c, 200, answer)
}
