import { REFUSALS, type Code, type RefusalAnswer } from '@opsmantik/tracker/contract'
import type { Answer } from './answer.js'
import { replyJson } from './reply.js'
import type { RequestContext } from './request-context.js'

/** Seconds after which a client may try again when the database did not answer. */
export const RETRY_AFTER_OUTAGE = { 'Retry-After': '5' } as const

const SCHEMES: Partial<Record<Code, string>> = {
  LIVE_TOKEN_REQUIRED: 'Ops-Token',
  METRICS_TOKEN_REQUIRED: 'Bearer',
  READ_TOKEN_REQUIRED: 'Bearer',
}

/** Answers with a refusal of the contract. */
export const refuse = (
  context: RequestContext,
  code: Code,
  extra: Omit<RefusalAnswer, 'error' | 'code' | 'request_id'> = {},
  headers?: Record<string, string>,
): Answer => {
  const { status, error } = REFUSALS[code]
  context.refusal = code
  const body: RefusalAnswer = { error, code, request_id: context.requestId, ...extra }
  // RFC 9110, 15.5.2: a 401 names its scheme.
  const scheme = status === 401 && { 'WWW-Authenticate': SCHEMES[code] ?? 'Ops-Signature' }
  return replyJson(context, status, body, { ...scheme, ...headers })
}

/** Refuses with 401 and the server's clock, so that a client with a wrong one can sign again. */
export const refuseSignature = (
  context: RequestContext,
  code:
    'SIGNATURE_REQUIRED' | 'SIGNATURE_TIMESTAMP_INVALID' | 'SIGNATURE_INVALID' | 'SITE_MISMATCH',
  now: number,
): Answer => refuse(context, code, { server_ts: Math.floor(now / 1000) })
