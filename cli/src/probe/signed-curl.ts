import { SIGNATURE_HEADER, SITE_ID_HEADER, TIMESTAMP_HEADER } from '@opsmantik/tracker/contract'
import { curl, quote } from './curl.js'
import type { OutgoingRequest } from './exchange.js'

/**
 * Returns a signed request as a line in which the shell makes the signature, from the variable that holds the secret.
 *
 * @param request has a body of text, and no signature
 * @param secretName the name of the variable
 */
export const signedCurl = (request: OutgoingRequest, site: string, secretName: string): string => {
  const body = typeof request.body === 'string' ? request.body : ''
  return [
    `ts=$(date +%s)`,
    `body=${quote(body)}`,
    `sig=$(printf '%s.%s' "$ts" "$body" | openssl dgst -sha256 -hmac "$${secretName}" -r | cut -d' ' -f1)`,
    curl({ ...request, body }).replace(
      `--data-binary ${quote(body)}`,
      () =>
        `-H ${quote(`${SITE_ID_HEADER}: ${site}`)} -H "${TIMESTAMP_HEADER}: $ts" -H "${SIGNATURE_HEADER}: $sig" --data-binary "$body"`,
    ),
  ].join('; ')
}
