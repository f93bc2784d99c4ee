import type { Context } from 'hono'
import type { Env } from '../env.js'
import { decodeBody } from '../http/decode-body.js'
import { refuse } from '../http/refuse.js'

/**
 * The body as JSON. A byte order mark counts for the signature and not for JSON (RFC 8259, section 8.1). The answer
 * is a Response where there is none.
 */
export const readJson = (c: Context<Env>): { value: unknown } | Response => {
  const text = c.get('text') ?? decodeBody(c.get('body'))
  if (text === null) return refuse(c, 'INVALID_JSON')
  try {
    return { value: JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text) }
  } catch {
    return refuse(c, 'INVALID_JSON')
  }
}
