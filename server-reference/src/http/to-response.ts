import type { Answer } from './answer.js'

/** Makes the web's `Response` of an answer. A response to HEAD has no body (RFC 9110, 9.3.2). */
export const toResponse = ({ status, headers, body }: Answer, method: string): Response => {
  const pairs = new Headers()
  for (let i = 0; i < headers.length; i += 2) pairs.append(headers[i]!, headers[i + 1]!)
  const isParts = typeof body === 'object' && body !== null && Symbol.asyncIterator in body
  const content = isParts ? streamOf(body) : body
  return new Response(method === 'HEAD' ? null : content, { status, headers: pairs })
}

/** Parts are asked for as the reader takes them. */
const streamOf = (parts: AsyncIterable<string>): ReadableStream<Uint8Array> => {
  const iterator = parts[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  return new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await iterator.next()
      if (done === true) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    cancel: async () => void (await iterator.return?.()),
  })
}
