import { REQUEST_ID_HEADER } from '@opsmantik/tracker/contract'
import type { Context } from 'hono'
import type { Env } from '../env.js'
import { rateLimitHeaders } from '../limits/rate-limit-headers.js'

/**
 * Every answer is made here, with what the steps have found out: request id, CORS, limits. Header fields stay in a
 * plain object until node:http has them; through the web's `Headers` (`c.header`, `c.json`) a request costs a third more.
 */
export const reply = (
  c: Context<Env>,
  status: number,
  body: string | Uint8Array<ArrayBuffer> | null,
  headers: Record<string, string>,
): Response => {
  const tallies = c.get('tallies')
  return new Response(body, {
    status,
    headers: {
      [REQUEST_ID_HEADER]: c.get('requestId'),
      ...c.get('cors'),
      ...(tallies && rateLimitHeaders(tallies)),
      ...headers,
    },
  })
}

export const replyJson = (
  c: Context<Env>,
  status: number,
  value: unknown,
  headers?: Record<string, string>,
): Response =>
  reply(c, status, JSON.stringify(value), { 'Content-Type': 'application/json', ...headers })
