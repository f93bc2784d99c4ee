import { webcrypto } from 'node:crypto'
import { TestEnvironment } from 'jest-environment-jsdom'

/** In one line each: fetch, text, streams, the rest. */
// prettier-ignore
const LACKING = {
  fetch, Request, Response, Headers, FormData, Blob, File, URL, URLSearchParams,
  TextEncoder, TextDecoder, TextEncoderStream, TextDecoderStream,
  ReadableStream, WritableStream, TransformStream, CompressionStream, DecompressionStream,
  BroadcastChannel, structuredClone,
}

/**
 * jest's jsdom with what a browser has and it lacks: `fetch` and what belongs to it, streams, WebCrypto.
 *
 * jest-fixed-jsdom does nearly this, but puts Node's `AbortController` in the place of jsdom's, whose `addEventListener`
 * then refuses the signal: the tracker cannot start in it.
 */
export default class PageEnvironment extends TestEnvironment {
  /** Selects Node's builds of msw: under the condition `browser` there is no `msw/node`. */
  override exportConditions(): string[] {
    return ['']
  }

  override async setup(): Promise<void> {
    await super.setup()
    Object.assign(this.global, LACKING)
    const { AbortController, AbortSignal, setTimeout } = this.global
    // jest 29 has a jsdom from before this one.
    AbortSignal.timeout ??= (ms) => {
      const controller = new AbortController()
      setTimeout(() => controller.abort(), ms)
      return controller.signal
    }
    Object.defineProperty(this.global, 'crypto', { value: webcrypto, configurable: true })
  }
}
