import type { IncomingMessage } from 'node:http'
import { concat } from './concat.js'
import { RequestContext, type ReadBody } from './request-context.js'

/** Bytes of a body that is too large which are still read, so that its sender gets to read the refusal. */
const DRAIN_MAX_BYTES = 67_108_864

/** A request of node:http. */
export class NodeContext extends RequestContext {
  readonly method: string
  readonly target: string
  path: string
  readonly #incoming: IncomingMessage

  constructor(incoming: IncomingMessage) {
    super()
    const target = incoming.url ?? '/'
    const query = target.indexOf('?')
    this.method = incoming.method ?? 'GET'
    this.target = target
    this.path = query === -1 ? target : target.slice(0, query)
    this.#incoming = incoming
  }

  get remoteAddress(): string | undefined {
    return this.#incoming.socket.remoteAddress
  }

  header(name: string): string | undefined {
    const value = this.#incoming.headers[name]
    return typeof value === 'string' ? value : value?.join(', ')
  }

  headerPairs(): [string, string][] {
    const raw = this.#incoming.rawHeaders
    return Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i]!, raw[2 * i + 1]!])
  }

  /** Reads the body with Node's own events: a web stream around them costs four times the rest of the request. */
  readBody(max: number): Promise<ReadBody> {
    const incoming = this.#incoming
    return new Promise((resolve) => {
      const chunks: Uint8Array[] = []
      let size = 0
      const onData = (chunk: Uint8Array): void => {
        size += chunk.length
        if (size <= max) chunks.push(chunk)
        else if (size > DRAIN_MAX_BYTES) incoming.destroy()
        else resolve('too large')
      }
      const onBroken = (): void => resolve('broken off')
      if (incoming.destroyed && !incoming.readableEnded) return onBroken()
      // They stay: a body that is too large is read to its end. Without a listener for it, an error only closes.
      incoming
        .on('data', onData)
        .on('end', () => resolve(concat(chunks, size)))
        .on('close', onBroken)
    })
  }

  hangUp(): void {
    this.#incoming.socket.destroy()
  }
}
