import {
  CALL_EVENT_V1,
  CALL_EVENT_V2,
  HEALTH,
  SIGNATURE_HEADER,
  SITE_ID_HEADER,
  SYNC,
  TIMESTAMP_HEADER,
} from '@opsmantik/tracker/contract'
import type { OutgoingRequest } from '../../probe/exchange.js'

export const PATHS = [CALL_EVENT_V1, CALL_EVENT_V2, SYNC] as const
export type Path = (typeof PATHS)[number]

/** What a browser asks to send, lower case and sorted (Fetch, 4.8). */
export const UNSAFE_HEADERS = [
  'content-type',
  SITE_ID_HEADER.toLowerCase(),
  SIGNATURE_HEADER.toLowerCase(),
  TIMESTAMP_HEADER.toLowerCase(),
] as const

/** A name that nobody can own (RFC 6761): no list can hold it. */
export const STRANGER = 'https://doctor.invalid'

/** Fits no schema, so that nothing is recorded; and every JSON library writes it the same way. */
export const NOTHING = '{}'
/** Fits no schema either, and no JSON library writes it this way again. */
export const ODD_NOTHING = '{ "doctor" : "\\u00e9\\/" ,\n "n": 1.0 }'

/** What the tracker sends with: no preflight for an unsigned body. */
export const PLAIN = 'text/plain;charset=UTF-8'

export const healthOf = (base: string): OutgoingRequest => ({
  method: 'GET',
  url: base + HEALTH,
  headers: {},
})

export const preflightOf = (
  url: string,
  origin: string,
  headers: readonly string[] = UNSAFE_HEADERS,
): OutgoingRequest => ({
  method: 'OPTIONS',
  url,
  headers: {
    Origin: origin,
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers': headers.join(','),
  },
})

export const postOf = (
  url: string,
  origin: string | null,
  body: string = NOTHING,
): OutgoingRequest => ({
  method: 'POST',
  url,
  headers: {
    ...(origin === null ? {} : { Origin: origin }),
    'Content-Type': origin === null ? 'application/json' : PLAIN,
  },
  body,
})

/** Well-formed, and no signature of anything. */
export const forgedPost = (url: string, now: number): OutgoingRequest => {
  const { headers, ...rest } = postOf(url, null)
  return {
    ...rest,
    headers: {
      ...headers,
      [SITE_ID_HEADER]: '0'.repeat(32),
      [TIMESTAMP_HEADER]: String(Math.floor(now / 1000)),
      [SIGNATURE_HEADER]: '0'.repeat(64),
    },
  }
}

/** Origins that people mix up with this one: www or not, http or https, a port or none. */
export const variantsOf = (origin: string): string[] => {
  const { protocol, hostname, port } = new URL(origin)
  const bare = hostname.replace(/^www\./, '')
  const names = /^\[|^[\d.]+$|^localhost$/.test(hostname)
    ? [hostname, '127.0.0.1', 'localhost']
    : [hostname, bare, `www.${bare}`]
  const all = [protocol.slice(0, -1), 'https', 'http'].flatMap((scheme) =>
    names.flatMap((name) => [
      ...(port ? [`${scheme}://${name}:${port}`] : []),
      `${scheme}://${name}`,
    ]),
  )
  return [...new Set(all.map((text) => new URL(text).origin))].filter((other) => other !== origin)
}

/** Origins that only a list that compares parts of names lets in. */
export const lookAlikesOf = (origin: string): { origin: string; how: string }[] => {
  const { protocol, hostname } = new URL(origin)
  if (/^\[|^[\d.]+$/.test(hostname)) return [{ origin: 'null', how: 'null' }]
  const bare = hostname.replace(/^www\./, '')
  return [
    { origin: `${protocol}//${hostname}.doctor.invalid`, how: 'its beginning alone' },
    { origin: `${protocol}//opsmantik-doctor-${bare}`, how: 'its end alone' },
    { origin: `${protocol}//opsmantik-doctor.${bare}`, how: 'its domain, subdomains included' },
    { origin: 'null', how: 'null, which sandboxed frames of anybody send' },
  ]
}
