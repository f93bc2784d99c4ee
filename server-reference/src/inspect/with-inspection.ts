import type { Logger } from 'pino'
import type { App } from '../app.js'
import type { Answer } from '../http/answer.js'
import { refuse } from '../http/refuse.js'
import type { RequestContext } from '../http/request-context.js'
import { createInspection, INSPECT } from './inspection.js'

/** Bytes of a body that the inspection API reads: enough to see that the server behind it refuses 65,537. */
const INSPECT_BODY_MAX_BYTES = 1_048_576

/** Methods that the web's `Request` refuses (Fetch, 2.2.1). */
const FORBIDDEN_METHOD = /^(connect|trace|track)$/i

/** Returns the request as the web's class, or null: node:http takes what that class refuses. */
const requestOf = (context: RequestContext, body: Uint8Array): Request | null => {
  const { method, target } = context
  try {
    return new Request(`http://${context.header('host') ?? 'localhost'}${target}`, {
      method,
      headers: context.headerPairs(),
      ...(method === 'GET' || method === 'HEAD' ? {} : { body: new Uint8Array(body) }),
    })
  } catch {
    return null
  }
}

/** Puts the inspection API before an application. Its requests are neither logged nor counted. */
export const withInspection = (app: App, log: Logger): App => {
  const inspect = createInspection(log)
  const answer = async (context: RequestContext): Promise<Answer> => {
    const body = await context.readBody(INSPECT_BODY_MAX_BYTES)
    context.requestId = crypto.randomUUID()
    if (body === 'too large') return refuse(context, 'PAYLOAD_TOO_LARGE')
    if (body === 'broken off') return refuse(context, 'BAD_REQUEST')
    const { method, remoteAddress } = context
    const request = requestOf(context, body)
    if (request === null)
      return FORBIDDEN_METHOD.test(method)
        ? refuse(context, 'METHOD_NOT_ALLOWED', {}, { Allow: 'GET, POST, PUT, DELETE, OPTIONS' })
        : refuse(context, 'BAD_REQUEST')
    const response = await inspect(request, {
      ...(remoteAddress !== undefined && { address: remoteAddress }),
      hangUp: () => context.hangUp(),
    })
    return {
      status: response.status,
      headers: [...response.headers].flat(),
      body: new Uint8Array(await response.arrayBuffer()),
    }
  }
  return {
    ...app,
    handle: (context, send) => {
      if (!context.path.startsWith(INSPECT)) return app.handle(context, send)
      answer(context).then(send, (error: unknown) => {
        log.error({ err: error }, 'unexpected')
        send(refuse(context, 'INTERNAL'))
      })
    },
  }
}
