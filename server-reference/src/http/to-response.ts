import type { Answer } from './answer.js'

/** Makes the web's `Response` of an answer. A response to HEAD has no body (RFC 9110, 9.3.2). */
export const toResponse = ({ status, headers, body }: Answer, method: string): Response => {
  const pairs = new Headers()
  for (let i = 0; i < headers.length; i += 2) pairs.append(headers[i]!, headers[i + 1]!)
  return new Response(method === 'HEAD' ? null : body, { status, headers: pairs })
}
