import { hex } from '@opsmantik/tracker/contract'
import { utf8 } from './bytes.js'
import { hmacSha256, sha256 } from './sha256.js'

/** SHA-256 of a text in hex, as the server's parts take it. */
export type Sha256 = (text: string) => string
/** HMAC-SHA256 of a text in hex. */
export type HmacSha256 = (key: string, text: string) => string

/** Without any module of Node's; ten times slower than `nodeDigests`. */
export const portableDigests: { sha256: Sha256; hmacSha256: HmacSha256 } = {
  sha256: (text) => hex(sha256(utf8(text))),
  hmacSha256: (key, text) => hex(hmacSha256(utf8(key), utf8(text))),
}
