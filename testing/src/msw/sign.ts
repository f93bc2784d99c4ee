import { hmacSha256, utf8 } from '@opsmantik/reference-server/memory'
import { canonicalMessage, hex } from '@opsmantik/tracker/contract'

/** Signs as the proxy does by default, but without WebCrypto, which jsdom does not have. */
export const sign = async (secret: string, ts: string, body: Uint8Array): Promise<string> =>
  hex(hmacSha256(utf8(secret), canonicalMessage(ts, body)))
