import type { Step } from '../env.js'
import { refuse } from '../http/refuse.js'

/** RFC 9110, 15.5.16: say what would have been understood. */
const UNDERSTOOD = { Accept: 'application/json, text/plain', 'Accept-Encoding': 'identity' }

/**
 * Step 4. JSON, or the text/plain of a request that wants no preflight; never encoded, not even as `identity`. A comma
 * means that the header came twice.
 */
export const contentType: Step = (c) => {
  const type = c.req.header('content-type') ?? ''
  const essence = type.split(';', 1)[0]!.trim().toLowerCase()
  const known = essence === 'application/json' || essence === 'text/plain'
  const encoded = c.req.header('content-encoding') !== undefined
  if (known && !encoded && !type.includes(',')) return undefined
  return refuse(c, 'UNSUPPORTED_MEDIA_TYPE', {}, UNDERSTOOD)
}
