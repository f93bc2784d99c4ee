import { REFUSALS, type Code, type RefusalAnswer } from '@opsmantik/tracker/contract'
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Env } from '../env.js'

/** Seconds after which a client may try again when the database did not answer. */
export const RETRY_AFTER_OUTAGE = 5

/** Answers with a refusal of the contract. What is set on the context (CORS, limits) stays on the answer. */
export const refuse = (
  c: Context<Env>,
  code: Code,
  extra: Omit<RefusalAnswer, 'error' | 'code' | 'request_id'> = {},
  retryAfter?: number,
): Response => {
  const { status, error } = REFUSALS[code]
  c.set('refusal', code)
  if (retryAfter !== undefined) c.header('Retry-After', String(retryAfter))
  // RFC 9110, 15.5.2: a 401 names its scheme.
  if (status === 401)
    c.header('WWW-Authenticate', code === 'LIVE_TOKEN_REQUIRED' ? 'Ops-Token' : 'Ops-Signature')
  const body: RefusalAnswer = { error, code, request_id: c.get('requestId'), ...extra }
  return c.json(body, status as ContentfulStatusCode)
}

/** 401 with the server's clock, so that a client with a wrong one can sign again. */
export const refuseSignature = (
  c: Context<Env>,
  code:
    'SIGNATURE_REQUIRED' | 'SIGNATURE_TIMESTAMP_INVALID' | 'SIGNATURE_INVALID' | 'SITE_MISMATCH',
  now: number,
): Response => refuse(c, code, { server_ts: Math.floor(now / 1000) })
