import type { Answer } from '../http/answer.js'
import { refuse, RETRY_AFTER_OUTAGE } from '../http/refuse.js'
import type { RequestContext } from '../http/request-context.js'
import { NotStorable } from '../store/not-storable.js'
import type { Log } from '../world.js'
import { refuseBody } from './issues.js'

/** Answers for a failed statement: 400 if the database refuses a value, else 503 and the client keeps its event. */
export const storeFailed = (context: RequestContext, log: Log, error: unknown): Answer => {
  const request_id = context.requestId
  if (error instanceof NotStorable) {
    log.warn(
      { err: error.cause, request_id },
      'the database refuses a value that passed the schema',
    )
    return refuseBody(context, [{ path: [], message: 'has a value that cannot be stored' }])
  }
  log.error({ err: error, request_id }, 'the database does not answer')
  return refuse(context, 'STORE_UNAVAILABLE', {}, RETRY_AFTER_OUTAGE)
}
