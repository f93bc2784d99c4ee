import { BODY_MAX_BYTES } from '../contract/limits.js'
import type { ProxyOptions } from './options.js'
import { createProxy } from './proxy.js'

/** The parts of node's `IncomingMessage` that the adapter uses, so that these types need no others. */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly rawHeaders: string[]
  readonly socket: { readonly remoteAddress?: string | undefined }
  /** The body has arrived. */
  readonly complete: boolean
  readonly readableDidRead: boolean
  readonly destroyed: boolean
  on(event: string, listener: (chunk: Uint8Array) => void): unknown
  pause(): unknown
  resume(): unknown
  destroy(): unknown
}

/** The parts of node's `ServerResponse` that the adapter uses. */
export interface NodeResponse {
  statusCode: number
  readonly headersSent: boolean
  setHeader(name: string, value: string): unknown
  end(body: Uint8Array): unknown
  on(event: 'finish', listener: () => void): unknown
}

/** A listener for `node:http`, and a handler for Express and any framework that passes on node's own objects. */
export type NodeProxy = (incoming: NodeRequest, outgoing: NodeResponse) => Promise<void>

/** Milliseconds that a refused body may go on arriving, so that its sender can read why. */
const LINGER_MS = 2_000

/**
 * Returns the body as a stream. `Readable.toWeb` would close the connection on a body that is too large, and the response
 * with it.
 */
const bodyOf = (incoming: NodeRequest): ReadableStream<Uint8Array> => {
  let open = true
  const close = (end: () => void): void => {
    if (open) end()
    open = false
  }
  return new ReadableStream(
    {
      start(controller) {
        const left = (): void => close(() => controller.error(new Error('The visitor left')))
        incoming.on('data', (chunk) => {
          if (!open) return
          controller.enqueue(chunk)
          if ((controller.desiredSize ?? 0) <= 0) incoming.pause()
        })
        incoming.on('end', () => close(() => controller.close()))
        for (const event of ['error', 'close']) incoming.on(event, left)
        // The visitor left while middleware was busy, and no event will report it any more.
        if (incoming.destroyed) left()
      },
      pull: () => void incoming.resume(),
      cancel: () => close(() => incoming.resume()),
    },
    { highWaterMark: BODY_MAX_BYTES, size: (chunk) => chunk.length },
  )
}

const headersOf = ({ rawHeaders }: NodeRequest): Headers => {
  const headers = new Headers()
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name, value] = [rawHeaders[i]!, rawHeaders[i + 1]!]
    // HTTP/2 has its method, path and host among the headers.
    if (!name.startsWith(':')) headers.append(name, value)
    else if (name === ':authority') headers.set('host', value)
  }
  return headers
}

/** Returns the same request in web standards. Only its host matters to the proxy, not its path. */
const requestOf = (incoming: NodeRequest, body: BodyInit): Request => {
  // `Request` throws on TRACE and CONNECT. Every method but these two is refused alike.
  const method = /^(?:POST|OPTIONS)$/.test(incoming.method ?? '') ? incoming.method! : 'GET'
  const headers = headersOf(incoming)
  const url = `http://${headers.get('host') ?? 'proxy.invalid'}/`
  return new Request(URL.canParse(url) ? url : 'http://proxy.invalid/', {
    method,
    headers,
    ...(method === 'POST' && { body, duplex: 'half' }),
  } as RequestInit)
}

/** Returns what a body parser has left of the body: its bytes if it kept them (`express.raw`), otherwise undefined. */
const bytesLeft = (incoming: NodeRequest): Uint8Array<ArrayBuffer> | undefined => {
  const { body, rawBody } = incoming as { body?: unknown; rawBody?: unknown }
  for (const bytes of [rawBody, body]) if (bytes instanceof Uint8Array) return new Uint8Array(bytes)
  return undefined
}

/** Returns the request with its body used up, as a parser leaves a web-standard request. */
const usedRequestOf = async (incoming: NodeRequest): Promise<Request> => {
  const request = requestOf(incoming, 'used')
  await request.text()
  return request
}

/**
 * Creates the first-party proxy for node's own request and response: `node:http`, Express, Fastify's `raw` pair. The
 * visitor's address is the socket's unless `clientAddress` or `trustedHops` says otherwise.
 *
 * It has to come before body parsers, because it signs bytes. If one has parsed the body, every event gets 500 with a
 * sentence that says so, and trackers keep their events until that is fixed. The returned function never rejects.
 *
 * @throws TypeError as `createProxy` does
 */
export const createNodeProxy = (options: ProxyOptions): NodeProxy => {
  const proxy = createProxy(options)
  return async (incoming, outgoing) => {
    try {
      const bytes = bytesLeft(incoming)
      const isParsed = incoming.method === 'POST' && incoming.readableDidRead && !bytes
      const request = isParsed
        ? await usedRequestOf(incoming)
        : requestOf(incoming, bytes ?? bodyOf(incoming))
      const response = await proxy(request, incoming.socket.remoteAddress)
      const body = new Uint8Array(await response.arrayBuffer())
      // A time-out of the framework came first.
      if (outgoing.headersSent) return
      outgoing.on('finish', () => {
        const tooLong = setTimeout(() => incoming.complete || incoming.destroy(), LINGER_MS)
        // Node only: a timer must not keep the process.
        Object(tooLong).unref?.()
      })
      outgoing.statusCode = response.status
      for (const [name, value] of response.headers) outgoing.setHeader(name, value)
      outgoing.end(body)
    } catch {
      // An unhandled rejection under node:http ends the process.
      incoming.destroy()
    }
  }
}
