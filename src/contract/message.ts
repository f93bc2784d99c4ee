/**
 * Returns the text that is signed: the characters of `X-Ops-Ts`, one `.`, then the request body (contract section 3).
 * Its UTF-8 bytes go into HMAC-SHA256. Use it only if `body` is the exact text that is sent; for received bytes use
 * `canonicalMessage`.
 */
export const canonicalText = (ts: string, body: string): string => ts + '.' + body

/** Returns the bytes that are signed, from the body's bytes exactly as received (contract section 3). */
export const canonicalMessage = (ts: string, body: Uint8Array): Uint8Array<ArrayBuffer> => {
  const prefix = new TextEncoder().encode(ts + '.')
  const message = new Uint8Array(prefix.length + body.length)
  message.set(prefix)
  message.set(body, prefix.length)
  return message
}
