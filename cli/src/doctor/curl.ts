import type { Sending } from './exchange.js'

export const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** The request as a line that can be pasted into a shell. */
export const curl = ({ method, url, headers, body }: Sending): string =>
  [
    'curl -sS -i',
    ...(method === 'GET' || (method === 'POST' && body !== undefined) ? [] : ['-X', method]),
    ...Object.entries(headers).flatMap(([name, value]) => ['-H', quote(`${name}: ${value}`)]),
    // The body counts byte for byte where it is signed.
    ...(body === undefined ? [] : ['--data-binary', quote(body)]),
    quote(url),
  ].join(' ')

/** A signed request: the shell makes the signature, from the variable that holds the secret. */
export const signedCurl = (
  { method, url, headers, body = '' }: Sending,
  site: string,
  secretName: string,
): string => {
  const rest = curl({ method, url, headers, body })
  return [
    `ts=$(date +%s)`,
    `body=${quote(body)}`,
    `sig=$(printf '%s.%s' "$ts" "$body" | openssl dgst -sha256 -hmac "$${secretName}" -r | cut -d' ' -f1)`,
    rest.replace(
      `--data-binary ${quote(body)}`,
      () =>
        `-H ${quote(`X-Ops-Site-Id: ${site}`)} -H "X-Ops-Ts: $ts" -H "X-Ops-Signature: $sig" --data-binary "$body"`,
    ),
  ].join('; ')
}
