import { hex } from './hex.js'
import { canonicalMessage } from './message.js'

/**
 * Returns the HMAC-SHA256 of the canonical message under the secret, in hex (contract section 3). It uses WebCrypto,
 * which every runtime has.
 */
export const sign = async (secret: string, ts: string, body: Uint8Array): Promise<string> => {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey(
    'raw',
    new TextEncoder().encode(secret),
    algorithm,
    false,
    ['sign'],
  )
  return hex(new Uint8Array(await crypto.subtle.sign('HMAC', key, canonicalMessage(ts, body))))
}
