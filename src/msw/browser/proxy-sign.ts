import { canonicalMessage } from '../../contract/message.js'
import { toHex, utf8 } from '../../../server-reference/src/digest/bytes.js'
import { hmacSha256 } from '../../../server-reference/src/digest/sha256.js'

/** In place of the proxy's signature by WebCrypto, which jsdom does not have. */
export const sign = async (secret: string, ts: string, body: Uint8Array): Promise<string> =>
  toHex(hmacSha256(utf8(secret), canonicalMessage(ts, body)))
