import type { IncomingMessage } from 'node:http'

/**
 * Returns true if a request asks for a WebSocket (RFC 6455, 4.2.1) and has no body. Node's versions differ in whether a
 * body is read before or after the upgrade.
 */
export const isWebSocketRequest = ({ method, headers }: IncomingMessage): boolean =>
  method === 'GET' &&
  headers.upgrade?.toLowerCase() === 'websocket' &&
  headers['sec-websocket-version'] === '13' &&
  /^[+/\dA-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '') &&
  (headers['content-length'] ?? '0') === '0' &&
  headers['transfer-encoding'] === undefined
