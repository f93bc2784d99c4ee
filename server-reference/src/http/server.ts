import { createServer, type IncomingMessage, type Server, type ServerOptions } from 'node:http'
import type { App } from '../app.js'
import type { OriginPolicy } from '../config/origins.js'
import { answerClientErrors } from './client-error.js'
import { createNodeListener } from './node-listener.js'
import { isWebSocketRequest } from './websocket-request.js'

/** `headProblem` refuses at 16 KiB; up to here a head is read so that the refusal can have CORS headers. */
const HEAD_READ_MAX_BYTES = 65_536
/** Contract section 16: requests that take over 15 s are refused. */
const REQUEST_TIMEOUT_MS = 15_000
/**
 * A load balancer keeps a connection for 60 s (nginx, AWS). The server must not close it first: a request that is sent at
 * that moment would be lost, and the visitor gets 502.
 */
const KEEP_ALIVE_MS = 72_000

/** Node >= 22.21 and >= 24.9 ask this; @types/node of version 20 do not know it. */
interface Options extends ServerOptions {
  shouldUpgradeCallback: (request: IncomingMessage) => boolean
}

/** Creates the HTTP server around the application. Requests that Node itself refuses also get JSON with CORS. */
export const createHttpServer = (
  app: App,
  origins: OriginPolicy,
  timeout: number = REQUEST_TIMEOUT_MS,
): Server => {
  const listener = createNodeListener(app, origins)
  const options: Options = {
    maxHeaderSize: HEAD_READ_MAX_BYTES,
    headersTimeout: timeout,
    requestTimeout: timeout,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: Math.min(timeout, 1_000),
    // Node's own answer to a missing Host has no body: the listener answers in JSON.
    requireHostHeader: false,
    // Joins a header that came twice, which makes it malformed, even if Node would take the first.
    joinDuplicateHeaders: true,
    // Every other request with an Upgrade header is a request (RFC 9110, 7.8). Handed over as an upgrade, its body would
    // be before it or behind it, depending on Node's version, and the next request's bytes could be taken for it.
    shouldUpgradeCallback: (request) =>
      server.listenerCount('upgrade') > 0 && isWebSocketRequest(request),
  }
  const server = createServer(options, listener)
  // Node answers an unknown Expect with an empty 417; RFC 9110, 10.1.1 allows to ignore it.
  server.on('checkExpectation', listener)
  answerClientErrors(server, origins, app.noteRefusal)
  return server
}
