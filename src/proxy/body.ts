/**
 * Returns the bytes of a body, or undefined as soon as there are more than `max`: they are counted while they are read,
 * and reading stops there.
 */
export const readBody = async (
  { body, headers }: Pick<Request | Response, 'body' | 'headers'>,
  max: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> => {
  if (Number(headers.get('content-length')) > max) return undefined
  const chunks: Uint8Array[] = []
  let size = 0
  if (!body) return new Uint8Array()
  const reader = body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.length
    if (size > max) {
      // Not awaited: a source that ignores its cancellation must not hold up the response.
      reader.cancel().catch(() => {})
      return undefined
    }
    chunks.push(value)
  }
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

/** Returns the JSON object in the bytes, or undefined if they are not UTF-8, not JSON, or not an object. */
export const parseObject = (body: Uint8Array): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
    return value && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
