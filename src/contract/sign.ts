import { hex } from './hex.js'
import { canonicalMessage } from './message.js'

/** HMAC-SHA256 of the canonical message under the secret, hex (contract section 3). WebCrypto: every runtime has it. */
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
