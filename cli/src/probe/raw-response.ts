/** A response as it stood on the wire. */
export interface RawResponse {
  status: number
  headers: Headers
  text: string
}

const HEAD_END = '\r\n\r\n'

/** Joins the chunks of a body (RFC 9112, 7.1), or returns undefined while the last one is missing. */
const unchunk = (body: string): string | undefined => {
  let text = ''
  for (let at = 0; ;) {
    const end = body.indexOf('\r\n', at)
    const size = Number.parseInt(body.slice(at, end), 16)
    if (end === -1 || Number.isNaN(size) || body.length < end + 2 + size) return undefined
    if (size === 0) return text
    text += body.slice(end + 2, end + 2 + size)
    at = end + 2 + size + 2
  }
}

/**
 * Reads the first response in what a server said, or returns undefined while it is not whole.
 *
 * @param isClosed whether the server has closed the connection, which ends a body without a length
 */
export const readRawResponse = (said: string, isClosed: boolean): RawResponse | undefined => {
  const end = said.indexOf(HEAD_END)
  const status = /^HTTP\/1\.[01] (\d{3})\b/.exec(said)?.[1]
  if (end === -1 || status === undefined) return undefined
  const headers = new Headers()
  for (const line of said.slice(0, end).split('\r\n').slice(1)) {
    const colon = line.indexOf(':')
    try {
      headers.append(line.slice(0, colon), line.slice(colon + 1).trim())
    } catch {
      // A line that is no header field is not there.
    }
  }
  const body = said.slice(end + HEAD_END.length)
  const length = headers.get('content-length')
  const whole = /\bchunked\b/i.test(headers.get('transfer-encoding') ?? '')
    ? unchunk(body)
    : length !== null && body.length >= Number(length)
      ? body.slice(0, Number(length))
      : undefined
  if (whole === undefined && !isClosed) return undefined
  return { status: Number(status), headers, text: decode(whole ?? body) }
}

const decode = (bytes: string): string =>
  new TextDecoder().decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)))
