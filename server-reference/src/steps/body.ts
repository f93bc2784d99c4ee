import { BODY_MAX_BYTES } from '@opsmantik/tracker/contract'
import { refuse } from '../http/refuse.js'
import type { ReadBody, RequestContext, Verdict } from '../http/request-context.js'
import type { Step } from './step.js'

/** Step 3. The declared size is believed when it is too large; the actual size is counted while reading. */
export const body: Step = {
  name: 'Body size',
  section: '5.3',
  run: (context) => {
    if (Number(context.header('content-length') ?? 0) > BODY_MAX_BYTES)
      return refuse(context, 'PAYLOAD_TOO_LARGE')
    const read = context.readBody(BODY_MAX_BYTES)
    return read instanceof Promise
      ? read.then((bytes) => judge(context, bytes))
      : judge(context, read)
  },
  note: ({ body: bytes }, isStopped) =>
    isStopped ? undefined : `${(bytes?.length ?? 0).toLocaleString('en')} bytes of 65,536`,
}

const judge = (context: RequestContext, read: ReadBody): Verdict => {
  if (read === 'too large') return refuse(context, 'PAYLOAD_TOO_LARGE')
  // The client closed the connection in the middle, so this response is not read.
  if (read === 'broken off') return refuse(context, 'BAD_REQUEST')
  context.body = read
  return undefined
}
