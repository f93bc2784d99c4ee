import { REQUEST_ID_HEADER } from '../contract/headers.js'
import { BODY_MAX_BYTES } from '../contract/limits.js'
import { tell, type ProxyLog } from './log.js'
import type { ProxyOptions } from './options.js'
import { createProxy } from './proxy.js'

/** What is used of node's `IncomingMessage`, so that these types need no others. */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly rawHeaders: string[]
  readonly socket: { readonly remoteAddress?: string | undefined }
  /** Its body has arrived. */
  readonly complete: boolean
  readonly readableDidRead: boolean
  readonly destroyed: boolean
  on(event: string, listener: (chunk: Uint8Array) => void): unknown
  pause(): unknown
  resume(): unknown
  destroy(): unknown
}

/** What is used of node's `ServerResponse`. */
export interface NodeResponse {
  statusCode: number
  setHeader(name: string, value: string): unknown
  end(body?: Uint8Array): unknown
  on(event: 'finish', listener: () => void): unknown
}

/** A listener for `node:http`, a handler for Express, and for whatever else hands out node's own objects. */
export type NodeProxy = (incoming: NodeRequest, outgoing: NodeResponse) => Promise<void>

/** Milliseconds that a body which has been refused may go on arriving, so that its sender gets to read why. */
const LINGER = 2_000

/** The body as it arrives. `Readable.toWeb` would close the connection on a body that is too large, answer and all. */
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
        // Middleware took its time, and nobody will say so any more.
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
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    // HTTP/2 has its method and path among the headers.
    if (!rawHeaders[i]!.startsWith(':')) headers.append(rawHeaders[i]!, rawHeaders[i + 1]!)
  return headers
}

/** The same request in web standards. Only its host counts for the proxy, not its path. */
const requestOf = (incoming: NodeRequest, bytes: BodyInit | undefined): Request => {
  const { method = 'GET' } = incoming
  const headers = headersOf(incoming)
  const url = `http://${headers.get('host') ?? 'proxy.invalid'}/`
  return new Request(URL.canParse(url) ? url : 'http://proxy.invalid/', {
    method,
    headers,
    ...(method === 'GET' || method === 'HEAD'
      ? {}
      : { body: bytes ?? bodyOf(incoming), duplex: 'half' }),
  } as RequestInit)
}

/** What a body parser has left of the body: its bytes where it kept them (`express.raw`), nothing otherwise. */
const bytesLeft = (incoming: NodeRequest): Uint8Array<ArrayBuffer> | undefined => {
  const { body, rawBody } = incoming as { body?: unknown; rawBody?: unknown }
  for (const bytes of [rawBody, body]) if (bytes instanceof Uint8Array) return new Uint8Array(bytes)
  return undefined
}

const alreadyRead = (log: ProxyLog | undefined): Response => {
  const requestId = crypto.randomUUID()
  tell(log, { outcome: 'BODY_ALREADY_READ', status: 500, by: 'proxy', took: 0, requestId })
  return Response.json(
    {
      error: 'A body parser came before the proxy, which has to sign the very bytes',
      code: 'INTERNAL',
      request_id: requestId,
    },
    { status: 500, headers: { [REQUEST_ID_HEADER]: requestId } },
  )
}

/**
 * The first-party proxy for node's own request and response: `node:http`, Express, Fastify's `raw` pair. The visitor's
 * address is the socket's unless `clientAddress` is given.
 *
 * It has to come before body parsers, because what it signs is bytes. Where one has parsed the body, every request is
 * answered 500 with a sentence that says so, and trackers keep their events until that is mended.
 *
 * @throws TypeError as `createProxy` does
 */
export const createNodeProxy = (options: ProxyOptions): NodeProxy => {
  const proxy = createProxy(options)
  return async (incoming, outgoing) => {
    const bytes = bytesLeft(incoming)
    const response =
      incoming.method === 'POST' && incoming.readableDidRead && !bytes
        ? alreadyRead(options.log)
        : await proxy(requestOf(incoming, bytes), incoming.socket.remoteAddress)
    outgoing.on('finish', () => {
      const tooLong = setTimeout(() => incoming.complete || incoming.destroy(), LINGER)
      // Node only: a timer must not keep the process.
      Object(tooLong).unref?.()
    })
    outgoing.statusCode = response.status
    for (const [name, value] of response.headers) outgoing.setHeader(name, value)
    outgoing.end(new Uint8Array(await response.arrayBuffer()))
  }
}
