import { readBody } from './body.js'

/** Maximum bytes of the server's response, decompressed. Responses of the contract have a few hundred. */
export const UPSTREAM_BODY_MAX_BYTES = 65_536

/** A response of the ingestion server. */
export interface UpstreamResponse {
  status: number
  /** JSON, or empty. */
  text: string
  /** The parsed text; undefined if it is empty. */
  json: unknown
  headers: Headers
}

export type UpstreamFailure = 'UPSTREAM_UNREACHABLE' | 'UPSTREAM_TIMEOUT'

/** @throws Error if anything but the ingestion server responded */
const readResponse = async (response: Response): Promise<UpstreamResponse> => {
  const { status, headers, ok } = response
  const isRedirect = status < 200 || (status >= 300 && status < 400)
  const isHtml = /html/i.test(headers.get('content-type') ?? '')
  if (isRedirect || isHtml) throw new Error('Not a response of the contract')
  const bytes = await readBody(response, UPSTREAM_BODY_MAX_BYTES)
  if (!bytes) throw new Error('The response is too large')
  // Other servers acknowledge with an empty body.
  if (ok && bytes.length === 0) return { status, headers, text: '', json: undefined }
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  return { status, headers, text, json: JSON.parse(text) }
}

/**
 * Sends a request to the ingestion server and reads its response. Never rejects: an error of `fetch` may hold the URL and
 * the headers, so it goes no further than this.
 *
 * The deadline covers everything, the body too, and holds even if `fetch` ignores its signal.
 */
export const askUpstream = async (
  send: typeof fetch,
  url: string,
  init: { headers: Headers; body: Uint8Array<ArrayBuffer> },
  timeoutMs: number,
): Promise<UpstreamResponse | UpstreamFailure> => {
  const stop = new AbortController()
  const deadline = AbortSignal.timeout(timeoutMs)
  const late = new Promise<UpstreamFailure>((resolve) =>
    deadline.addEventListener('abort', () => resolve('UPSTREAM_TIMEOUT'), { once: true }),
  )
  const exchange = async (): Promise<UpstreamResponse | UpstreamFailure> => {
    try {
      const response = await send(url, {
        ...init,
        method: 'POST',
        signal: stop.signal,
        // A redirect could carry the signature to another server, or turn the POST into a GET.
        redirect: 'manual',
      })
      return await readResponse(response)
    } catch {
      return 'UPSTREAM_UNREACHABLE'
    }
  }
  const outcome = await Promise.race([exchange(), late])
  // Closes the connection of a response that was not read to its end; does nothing to one that was.
  stop.abort()
  return outcome
}
