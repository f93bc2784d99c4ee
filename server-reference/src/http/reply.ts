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

const headOf = ({ requestId, cors, tallies }: RequestContext): string[] => {
  const list = [REQUEST_ID_HEADER, requestId]
  for (const part of cors) list.push(part)
  if (tallies === undefined) return list
  const { 'RateLimit-Policy': policy, RateLimit: left } = rateLimitHeaders(tallies)
  list.push('RateLimit-Policy', policy, 'RateLimit', left)
  return list
}
