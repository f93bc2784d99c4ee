import { SIGNATURE_HEADER, SITE_ID_HEADER, TIMESTAMP_HEADER } from '../contract/headers.js'
import { canonicalText } from '../contract/message.js'
import { hex } from '../contract/hex.js'

export type SigningHeaders = Record<string, string>
/** A signature, pending or complete; false if none is needed. */
export type Signing = Promise<SigningHeaders> | false

/**
 * Returns the three headers of a signed request (contract section 3), made anew for every try.
 *
 * WebCrypto answers after the click's own task has ended, which loses requests in Firefox when the click navigates; so
 * a press is signed when the pointer goes down, and sent when the click comes (docs/decisions/signing.md).
 *
 * @param now Unix seconds by the server's clock, as far as it is known
 */
export const sign = async (
  siteId: string,
  secret: string,
  body: string,
  now: number,
): Promise<SigningHeaders> => {
  const encode = (text: string) => new TextEncoder().encode(text)
  const ts = '' + Math.floor(now)
  const { subtle } = crypto
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  const key = await subtle.importKey('raw', encode(secret), hmac, false, ['sign'])
  const mac = await subtle.sign('HMAC', key, encode(canonicalText(ts, body)))
  const headers: SigningHeaders = {}
  headers[SITE_ID_HEADER] = siteId
  headers[TIMESTAMP_HEADER] = ts
  headers[SIGNATURE_HEADER] = hex(new Uint8Array(mac))
  return headers
}
