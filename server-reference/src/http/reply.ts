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
  const list = headOf(context)
  for (const name in headers) list.push(name, headers[name]!)
  return { status, headers: list, body }
}

/** The same for a value that becomes JSON. */
export const replyJson = (
  context: RequestContext,
  status: number,
  value: unknown,
  headers?: Readonly<Record<string, string>>,
): Answer => replyText(context, status, JSON.stringify(value), headers)

/** The same for a text that is JSON already. */
export const replyText = (
  context: RequestContext,
  status: number,
  json: string,
  headers?: Readonly<Record<string, string>>,
): Answer => {
  const list = headOf(context)
  list.push('Content-Type', 'application/json')
  if (headers !== undefined) for (const name in headers) list.push(name, headers[name]!)
  return { status, headers: list, body: json }
}

/** Written as literals: a list that grows is copied several times on the way to its length. */
const headOf = ({ requestId, cors, tallies }: RequestContext): string[] => {
  if (tallies === undefined) return [REQUEST_ID_HEADER, requestId, ...cors]
  const { 'RateLimit-Policy': policy, RateLimit: left } = rateLimitHeaders(tallies)
  const id = REQUEST_ID_HEADER
  return cors.length === 2
    ? [id, requestId, cors[0]!, cors[1]!, 'RateLimit-Policy', policy, 'RateLimit', left]
    : [id, requestId, ...cors, 'RateLimit-Policy', policy, 'RateLimit', left]
}
