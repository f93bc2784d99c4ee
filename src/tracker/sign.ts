import { SIGNATURE_HEADER, SITE_ID_HEADER, TIMESTAMP_HEADER } from '../contract/headers.js'
import { canonicalText } from '../contract/message.js'
import { hex } from './hex.js'

export type Headers = Record<string, string>

/** Signs a body at a time in milliseconds since the epoch. */
export type Signer = (body: string, now: number) => Promise<Headers>

/**
 * Gives the three headers of a signed request (contract section 3), made anew for every try.
 *
 * WebCrypto answers after the click's own task has ended, which loses requests in Firefox when the click navigates; so
 * a press is signed when the pointer goes down, and sent when the click comes (docs/decisions/signing.md).
 */
export const createSigner = (siteId: string, secret: string): Signer => {
  const encode = (text: string) => new TextEncoder().encode(text)
  return async (body, now) => {
    const ts = '' + Math.floor(now / 1000)
    const { subtle } = crypto
    const hmac = { name: 'HMAC', hash: 'SHA-256' }
    const key = await subtle.importKey('raw', encode(secret), hmac, false, ['sign'])
    const mac = new Uint8Array(await subtle.sign('HMAC', key, encode(canonicalText(ts, body))))
    const headers: Headers = {}
    headers[SITE_ID_HEADER] = siteId
    headers[TIMESTAMP_HEADER] = ts
    headers[SIGNATURE_HEADER] = hex(mac)
    return headers
  }
}
