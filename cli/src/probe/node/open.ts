import { request as requestPlain, type ClientRequest } from 'node:http'
import { request as requestTls } from 'node:https'
import type { OutgoingRequest } from '../exchange.js'
import type { Phase } from '../failure.js'

/** A request that has been opened, and not ended. */
export interface OpenedRequest {
  request: ClientRequest
  /** Returns how far it has come. */
  phase: () => Phase
}

export interface OpenOptions {
  /** Certificates (PEM) of an authority, in place of the public ones. */
  ca?: string | undefined
  /** Milliseconds of silence, connecting included, after which the request emits `timeout`. */
  timeout?: number
}

/** Opens a request on a connection of its own and keeps track of how far it comes. */
export const open = (
  { method, url, headers }: Pick<OutgoingRequest, 'method' | 'url' | 'headers'>,
  { ca, timeout }: OpenOptions = {},
): OpenedRequest => {
  const isTls = url.startsWith('https:')
  const request = (isTls ? requestTls : requestPlain)(url, {
    method,
    headers,
    agent: false,
    ...(ca === undefined ? {} : { ca }),
    ...(timeout === undefined ? {} : { timeout }),
  })
  let phase: Phase = /^\[|^[\d.]+$/.test(new URL(url).hostname) ? 'connect' : 'lookup'
  request.on('socket', (socket) => {
    socket.once('lookup', () => (phase = 'connect'))
    socket.once('connect', () => (phase = isTls ? 'tls' : 'answer'))
    socket.once('secureConnect', () => (phase = 'answer'))
  })
  request.on('response', () => (phase = 'body'))
  return { request, phase: () => phase }
}
