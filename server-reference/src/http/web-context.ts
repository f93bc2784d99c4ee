import { concat } from './concat.js'
import { RequestContext, type ReadBody } from './request-context.js'

/** A request of the web's standard class, as platforms without sockets, mocks and tests hand it over. */
export class WebContext extends RequestContext {
  readonly method: string
  readonly target: string
  path: string
  readonly remoteAddress: string | undefined
  readonly #request: Request
  readonly #hangUp: () => void

  constructor(request: Request, { address, hangUp = () => {} }: SocketPeer = {}) {
    super()
    const { pathname, search } = new URL(request.url)
    this.method = request.method
    this.target = pathname + search
    this.path = pathname
    this.remoteAddress = address
    this.#request = request
    this.#hangUp = hangUp
  }

  header(name: string): string | undefined {
    return this.#request.headers.get(name) ?? undefined
  }

  headerPairs(): [string, string][] {
    return [...this.#request.headers]
  }

  async readBody(max: number): Promise<ReadBody> {
    const reader = this.#request.body?.getReader()
    if (reader === undefined) return new Uint8Array()
    const chunks: Uint8Array[] = []
    let size = 0
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return concat(chunks, size)
        size += value.length
        if (size > max) {
          await reader.cancel().catch(() => {})
          return 'too large'
        }
        chunks.push(value)
      }
    } catch {
      return 'broken off'
    }
  }

  hangUp(): void {
    this.#hangUp()
  }
}

/** The other end of a connection, if there is one. */
export interface SocketPeer {
  address?: string
  hangUp?: () => void
}
