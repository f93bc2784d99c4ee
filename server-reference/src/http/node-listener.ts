import type { RequestListener, ServerResponse } from 'node:http'
import { REQUEST_ID_HEADER } from '@opsmantik/tracker/contract'
import type { App } from '../app.js'
import type { OriginPolicy } from '../config/origins.js'
import type { Answer } from './answer.js'
import { headProblem } from './head-problem.js'
import { NodeContext } from './node-context.js'
import { requestIdFor } from './request-id.js'
import { socketRefusal } from './socket-refusal.js'

const REQUEST_ID = REQUEST_ID_HEADER.toLowerCase()
/** Milliseconds that a reader of a file may take nothing of it; then it is cut off, so that it keeps no other from a file. */
const STALLED_MS = 60_000

/** Creates a listener of node:http for the application. */
export const createNodeListener =
  (app: App, origins: OriginPolicy, stalledMs: number = STALLED_MS): RequestListener =>
  (incoming, outgoing) => {
    const problem = headProblem(incoming)
    if (problem !== null) {
      const { origin, [REQUEST_ID]: id } = incoming.headers
      const requestId = requestIdFor(typeof id === 'string' ? id : undefined)
      send(outgoing, socketRefusal(origins, problem, { origin, requestId }), stalledMs)
      return app.noteRefusal({ code: problem, requestId, origin })
    }
    // Node stops reading behind a request that asked for an upgrade, and drops what it has read of the next: the client
    // learns from this header that it has to send that again (RFC 9112, 9.6).
    if (incoming.headers.upgrade !== undefined) outgoing.shouldKeepAlive = false
    app.handle(new NodeContext(incoming), (answer) => send(outgoing, answer, stalledMs))
  }

/** Sends status, head and body in one write. */
const send = (
  outgoing: ServerResponse,
  { status, headers, body }: Answer,
  stalledMs: number,
): void => {
  if (isParts(body)) {
    outgoing.writeHead(status, headers)
    void sendParts(outgoing, body, stalledMs)
    return
  }
  const hasBody = status !== 204 && status !== 304
  if (hasBody) headers.push('Content-Length', String(body === null ? 0 : Buffer.byteLength(body)))
  outgoing.writeHead(status, headers)
  if (hasBody && body !== null) outgoing.end(body)
  else outgoing.end()
}

const isParts = (body: Answer['body']): body is AsyncIterable<string> =>
  typeof body === 'object' && body !== null && Symbol.asyncIterator in body

/** Asks for the next part when the reader has taken the last one. A reader that goes away ends it. */
const sendParts = async (
  outgoing: ServerResponse,
  parts: AsyncIterable<string>,
  stalledMs: number,
): Promise<void> => {
  try {
    // A response to HEAD has no body (RFC 9110, 9.3.2).
    if (outgoing.req.method !== 'HEAD')
      for await (const part of parts) {
        if (outgoing.destroyed) return
        if (!outgoing.write(part)) await drained(outgoing, stalledMs)
      }
    outgoing.end()
  } catch {
    outgoing.destroy()
  }
}

const drained = (outgoing: ServerResponse, stalledMs: number): Promise<void> =>
  new Promise((resolve) => {
    const late = setTimeout(() => outgoing.destroy(), stalledMs)
    const done = (): void => {
      clearTimeout(late)
      outgoing.off('drain', done).off('close', done)
      resolve()
    }
    outgoing.on('drain', done).on('close', done)
  })
