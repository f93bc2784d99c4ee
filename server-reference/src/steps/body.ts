import { BODY_MAX_BYTES } from '@opsmantik/tracker/contract'
import type { Step } from '../env.js'
import { readIncoming, readStream } from '../http/read-body.js'
import { refuse } from '../http/refuse.js'

/** Step 3. The declared size is believed when it is too large; the actual size is counted while reading. */
export const body: Step = async (c) => {
  if (Number(c.req.header('content-length') ?? 0) > BODY_MAX_BYTES)
    return refuse(c, 'PAYLOAD_TOO_LARGE')
  const incoming = c.env?.incoming
  const read =
    incoming === undefined
      ? await readStream(c.req.raw.body, BODY_MAX_BYTES)
      : await readIncoming(incoming, BODY_MAX_BYTES)
  if (read === 'too large') return refuse(c, 'PAYLOAD_TOO_LARGE')
  // The client hung up in the middle: nobody reads this answer.
  if (read === 'broken off') return refuse(c, 'BAD_REQUEST')
  c.set('body', read)
  return undefined
}
