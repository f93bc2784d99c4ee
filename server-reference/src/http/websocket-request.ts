import type { IncomingMessage } from 'node:http'

/**
 * Whether a request asks for a WebSocket (RFC 6455, 4.2.1) and is nothing else besides: one with a body is not, because
 * Node's versions differ in whether the body is read before or after the upgrade.
 */
export const isWebSocketRequest = ({ method, headers }: IncomingMessage): boolean =>
  method === 'GET' &&
  headers.upgrade?.toLowerCase() === 'websocket' &&
  headers['sec-websocket-version'] === '13' &&
  /^[+/\dA-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '') &&
  (headers['content-length'] ?? '0') === '0' &&
  headers['transfer-encoding'] === undefined
