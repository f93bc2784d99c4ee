/** A request as it is to be sent. */
export interface OutgoingRequest {
  method: string
  url: string
  headers: Record<string, string>
  body?: string | Uint8Array<ArrayBuffer> | undefined
  /** Without `Content-Length`, so that only counting finds how long it is. */
  chunked?: boolean
  /** The bytes on the wire, if no HTTP client sends them. */
  raw?: string
}

/** A request and what came back. */
export interface Exchange {
  request: OutgoingRequest
  status: number
  headers: Headers
  text: string
  /** The body as JSON; an empty object if it is none. */
  json: Record<string, unknown>
}

/** Milliseconds for an answer. */
const TIMEOUT_MS = 10_000

/** Returns a body as a JSON object, or null if it is none. */
export const parseObject = (text: string): Record<string, unknown> | null => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}

/** Returns a body as a JSON object; an empty one if it is none. */
export const asObject = (text: string): Record<string, unknown> => parseObject(text) ?? {}

export const bytesOf = (body: string | Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
  typeof body === 'string' ? new TextEncoder().encode(body) : body

const streamOf = (bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> => {
  let at = 0
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(bytes.subarray(at, (at += 16_384)))
      if (at >= bytes.length) controller.close()
    },
  })
}

/**
 * Sends one request. Redirects are answers, not something to follow.
 *
 * @throws TypeError if no response comes
 */
export const exchange = async (request: OutgoingRequest, ask: typeof fetch): Promise<Exchange> => {
  const { method, url, headers, body, chunked } = request
  const response = await ask(url, {
    method,
    headers,
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body === undefined
      ? {}
      : chunked
        ? { body: streamOf(bytesOf(body)), duplex: 'half' }
        : { body: bytesOf(body) }),
  } as RequestInit)
  const text = await response.text()
  return { request, status: response.status, headers: response.headers, text, json: asObject(text) }
}
