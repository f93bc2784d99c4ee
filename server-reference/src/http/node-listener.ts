import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { App } from '../app.js'
import type { Answer } from './answer.js'
import { NodeContext } from './node-context.js'

/** The application as a listener of node:http. */
export const createNodeListener =
  (app: App, badRequest: () => Answer): RequestListener =>
  (incoming, outgoing) => {
    if (!hasGoodHost(incoming)) return send(outgoing, badRequest())
    app.handle(new NodeContext(incoming), (answer) => send(outgoing, answer))
  }

/** Status, head and body in one write. */
const send = (outgoing: ServerResponse, { status, headers, body }: Answer): void => {
  const hasBody = status !== 204 && status !== 304
  if (hasBody) headers.push('Content-Length', String(body === null ? 0 : Buffer.byteLength(body)))
  outgoing.writeHead(status, headers)
  if (hasBody && body !== null) outgoing.end(body)
  else outgoing.end()
}

const PLAIN_HOST = /^[\w.-]+(?::\d{1,5})?$/

/** RFC 9112, 3.2: a request of HTTP/1.1 without exactly one valid Host is refused. */
const hasGoodHost = ({ headers, httpVersionMinor }: IncomingMessage): boolean => {
  const { host } = headers
  if (host === undefined) return httpVersionMinor === 0
  return PLAIN_HOST.test(host) || (!/[\s,/?#@\\]/.test(host) && URL.canParse(`http://${host}/`))
}
