import { createHmac } from 'node:crypto'
import { SIGNATURE_HEADER, SITE_ID_HEADER, TIMESTAMP_HEADER } from '@opsmantik/tracker/contract'

export const SITE = {
  id: '11111111-2222-4333-8444-555555555555',
  publicId: '0123456789abcdef0123456789abcdef',
  secret: 'a-secret-of-24-characters',
}
export const OTHER_SITE = {
  id: '99999999-2222-4333-8444-555555555555',
  publicId: 'fedcba9876543210fedcba9876543210',
  secret: 'another-secret-of-24-char',
}
export const ORIGIN = 'https://shop.example'

/** Returns the three signature headers for exactly these bytes. */
export const signed = (
  body: string | Uint8Array,
  { site = SITE.publicId, secret = SITE.secret, ts = String(Math.floor(Date.now() / 1000)) } = {},
): Record<string, string> => ({
  [SITE_ID_HEADER]: site,
  [TIMESTAMP_HEADER]: ts,
  [SIGNATURE_HEADER]: createHmac('sha256', secret).update(`${ts}.`).update(body).digest('hex'),
})
