import { refuse } from '../http/refuse.js'
import { inNote } from './in-note.js'
import type { Step } from './step.js'

/** RFC 9110, 15.5.16: say what would have been understood. */
const UNDERSTOOD = { Accept: 'application/json, text/plain', 'Accept-Encoding': 'identity' }

/** Returns true if a content type is JSON, or the text/plain of a request that needs no preflight. */
const isKnown = (type: string): boolean => {
  if (type === 'application/json') return true
  const essence = type.split(';', 1)[0]!.trim().toLowerCase()
  // A comma means that the header came twice.
  return (essence === 'application/json' || essence === 'text/plain') && !type.includes(',')
}

/** Step 4. A known type; never encoded, not even as `identity`. */
export const contentType: Step = {
  name: 'Content type',
  section: '5.4',
  run: (context) =>
    isKnown(context.header('content-type') ?? '') &&
    context.header('content-encoding') === undefined
      ? undefined
      : refuse(context, 'UNSUPPORTED_MEDIA_TYPE', {}, UNDERSTOOD),
  note: (context) => inNote(context.header('content-type')) ?? 'no Content-Type header',
}
