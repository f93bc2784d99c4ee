import { REQUEST_ID_HEADER } from '@opsmantik/tracker/contract'
import { rateLimitHeaders } from '../limits/rate-limit-headers.js'
import type { Answer } from './answer.js'
import type { RequestContext } from './request-context.js'

/** Makes an answer, with what the steps have found out: request id, CORS, limits. Every answer is made here. */
export const reply = (
  context: RequestContext,
  status: number,
  body: Answer['body'],
  headers: Readonly<Record<string, string>>,
): Answer => {
  const list = [REQUEST_ID_HEADER, context.requestId, ...context.cors]
  const all: Readonly<Record<string, string>> =
    context.tallies === undefined ? headers : { ...rateLimitHeaders(context.tallies), ...headers }
  for (const name in all) list.push(name, all[name]!)
  return { status, headers: list, body }
}

/** The same for a value that becomes JSON. */
export const replyJson = (
  context: RequestContext,
  status: number,
  value: unknown,
  headers?: Readonly<Record<string, string>>,
): Answer =>
  reply(context, status, JSON.stringify(value), { 'Content-Type': 'application/json', ...headers })
