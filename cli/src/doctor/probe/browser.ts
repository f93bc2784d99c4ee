import { headerOf, type Observation } from '../../probe/node/observe.js'

/** Why a browser would refuse an answer. `says` is what Chromium writes into its console. */
export interface BrowserRefusal {
  kind:
    | 'no-answer'
    | 'redirect'
    | 'missing'
    | 'doubled'
    | 'other-origin'
    | 'status'
    | 'list-malformed'
    | 'header-refused'
  says: string
  /** The header's value, or the names that are missing. */
  value: string
}

const refusal = (kind: BrowserRefusal['kind'], says: string, value = ''): BrowserRefusal => ({
  kind,
  says,
  value,
})

/** 301, 302, 303, 307, 308 (Fetch, 2.2.3). */
export const isRedirect = ({ status }: Pick<Observation, 'status'>): boolean =>
  [301, 302, 303, 307, 308].includes(status)

/** Fetch, 4.9 "CORS check", for a request without credentials, which is what the tracker sends. */
export const corsCheck = (answer: Observation, origin: string): BrowserRefusal | null => {
  const value = headerOf(answer, 'Access-Control-Allow-Origin')
  if (value === null)
    return refusal('missing', "No 'Access-Control-Allow-Origin' header is present")
  if (value === '*' || value === origin) return null
  const isList = value.includes(',')
  return refusal(
    isList ? 'doubled' : 'other-origin',
    isList
      ? `The 'Access-Control-Allow-Origin' header contains multiple values '${value}', but only one is allowed`
      : `The 'Access-Control-Allow-Origin' header has a value '${value}' that is not equal to the supplied origin`,
    value,
  )
}

const TOKEN = /^[!#$%&'*+.^_`|~\da-z-]+$/i

/** A header that is a list of tokens (RFC 9110, 5.6.1); null where it is absent, undefined where it does not parse. */
export const tokens = (answer: Observation, name: string): string[] | null | undefined => {
  const value = headerOf(answer, name)
  if (value === null) return null
  const list = value
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '')
  return list.every((token) => TOKEN.test(token)) ? list : undefined
}

/** Fetch, 4.8 "CORS-preflight fetch", steps 7 and on; null where the browser would go on and send the request. */
export const preflightCheck = (
  answer: Observation,
  origin: string,
  headers: readonly string[],
): BrowserRefusal | null => {
  if (answer.status === 0) return refusal('no-answer', 'net::ERR_FAILED')
  if (isRedirect(answer))
    return refusal(
      'redirect',
      'Redirect is not allowed for a preflight request',
      headerOf(answer, 'Location') ?? '',
    )
  const cors = corsCheck(answer, origin)
  if (cors !== null) return cors
  if (answer.status < 200 || answer.status > 299)
    return refusal('status', 'It does not have HTTP ok status', String(answer.status))
  for (const name of ['Access-Control-Allow-Methods', 'Access-Control-Allow-Headers'])
    if (tokens(answer, name) === undefined)
      return refusal(
        'list-malformed',
        `Cannot parse ${name} response header field in preflight response`,
        `${name}: ${headerOf(answer, name)}`,
      )
  // POST is safelisted: no list of methods has to name it.
  const allowed = (tokens(answer, 'Access-Control-Allow-Headers') ?? []).map((name) =>
    name.toLowerCase(),
  )
  const missing = headers.filter(
    (name) => !allowed.includes(name.toLowerCase()) && !allowed.includes('*'),
  )
  return missing.length === 0
    ? null
    : refusal(
        'header-refused',
        `Request header field ${missing[0]} is not allowed by Access-Control-Allow-Headers in preflight response`,
        missing.join(', '),
      )
}

/** Whether a cache says that it had this answer already. */
export const isCached = (answer: Observation): boolean =>
  Number(headerOf(answer, 'Age') ?? 0) > 0 ||
  ['X-Cache', 'CF-Cache-Status', 'X-Vercel-Cache', 'X-Cache-Status', 'X-Proxy-Cache'].some((name) =>
    /hit|stale/i.test(headerOf(answer, name) ?? ''),
  )

/** API Gateway, by its words or its headers. */
export const isAws = (answer: Observation): boolean =>
  /Missing Authentication Token/i.test(answer.text) ||
  answer.fields.some(([name]) => /^x-amzn?-/i.test(name))

/** A page for people, whatever its status: the tracker's own rule (contract section 13). */
export const isHtml = (answer: Observation): boolean =>
  /html/i.test((headerOf(answer, 'Content-Type') ?? '') + answer.text.slice(0, 20))

/**
 * A page on https may not call plain http ("mixed content"), but on the machine itself.
 * https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy
 */
export const isMixedContent = (origin: string, url: string): boolean => {
  const { protocol, hostname } = new URL(url)
  return (
    origin.startsWith('https:') &&
    protocol === 'http:' &&
    !/^(127\.[\d.]+|\[::1\]|localhost|.+\.localhost)$/.test(hostname)
  )
}
