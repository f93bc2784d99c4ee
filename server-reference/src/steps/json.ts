import type { Answer } from '../http/answer.js'
import { decodeBody } from '../http/decode-body.js'
import { refuse } from '../http/refuse.js'
import type { RequestContext } from '../http/request-context.js'

/** Parses the body as JSON. A byte order mark counts for the signature and not for JSON (RFC 8259, section 8.1). */
export const readJson = (context: RequestContext): { value: unknown } | { refused: Answer } => {
  const text = context.text ?? decodeBody(context.body!)
  if (text === null) return { refused: refuse(context, 'INVALID_JSON') }
  try {
    return { value: JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text) }
  } catch {
    return { refused: refuse(context, 'INVALID_JSON') }
  }
}
