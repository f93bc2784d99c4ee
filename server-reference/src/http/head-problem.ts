import type { IncomingMessage } from 'node:http'
import type { Code } from '@opsmantik/tracker/contract'

/** Contract section 16. Node's own limit is larger, so that the refusal can say whose origin it was. */
const HEAD_MAX_BYTES = 16_384

/** Returns why the head of a request is refused before its path matters, or null. */
export const headProblem = (incoming: IncomingMessage): Code | null => {
  if (isTooLarge(incoming)) return 'HEADERS_TOO_LARGE'
  // Node's parser takes HTTP/2.0 and HTTP/0.9 as if they were written like HTTP/1.1.
  if (incoming.httpVersionMajor !== 1) return 'BAD_REQUEST'
  if (!hasGoodHost(incoming) || !hasGoodCoding(incoming)) return 'BAD_REQUEST'
  return null
}

const isTooLarge = ({ rawHeaders, url = '' }: IncomingMessage): boolean => {
  let bytes = url.length
  for (const part of rawHeaders) bytes += part.length
  return bytes > HEAD_MAX_BYTES
}

const PLAIN_HOST = /^[\w.-]+(?::\d{1,5})?$/

/**
 * Checks Host (RFC 9112, 3.2): an HTTP/1.1 request without exactly one valid Host is refused. HTTP/1.0 does not require
 * one.
 */
const hasGoodHost = ({ headers, httpVersionMinor }: IncomingMessage): boolean => {
  const { host } = headers
  if (host === undefined || host === '') return httpVersionMinor === 0
  return PLAIN_HOST.test(host) || (!/[\s,/?#@\\]/.test(host) && URL.canParse(`http://${host}/`))
}

/**
 * Checks Transfer-Encoding (RFC 9112, 6.1 and 7): `gzip, chunked` would have to be decoded, and node:http does not;
 * passed on undecoded it is a body that two servers read differently. In HTTP/1.0 the field does not exist, so the
 * framing is doubtful.
 */
const hasGoodCoding = ({ headers, httpVersionMinor }: IncomingMessage): boolean => {
  const coding = headers['transfer-encoding']
  return coding === undefined || (httpVersionMinor > 0 && /^chunked$/i.test(coding))
}
