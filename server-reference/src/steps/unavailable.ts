import type { Context } from 'hono'
import type { Logger } from 'pino'
import type { Env } from '../env.js'
import { refuse, RETRY_AFTER_OUTAGE } from '../http/refuse.js'
import { NotStorable } from '../store/not-storable.js'
import { refuseBody } from './issues.js'

/** What a failed statement becomes: 400 if the database refuses a value, else 503 and the client keeps its event. */
export const storeFailed = (c: Context<Env>, log: Logger, error: unknown): Response => {
  const request_id = c.get('requestId')
  if (error instanceof NotStorable) {
    log.warn(
      { err: error.cause, request_id },
      'the database refuses a value that passed the schema',
    )
    return refuseBody(c, [{ path: [], message: 'has a value that cannot be stored' }])
  }
  log.error({ err: error, request_id }, 'the database does not answer')
  return refuse(c, 'STORE_UNAVAILABLE', {}, RETRY_AFTER_OUTAGE)
}
