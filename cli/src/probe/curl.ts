import { isPrintable, printable } from './printable.js'
import { bytesOf, type OutgoingRequest } from './exchange.js'

/** Characters of a body that a line may hold as they are. */
const LONGEST = 1_500
/** One character again and again; quotes and backslashes would have to be escaped for tr. */
const PADDING = /([\w\s[\]{}.,:-])\1{499,}/g

/** Returns text as one word for a shell. */
export const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

const isText = (bytes: Uint8Array): boolean => {
  try {
    // NUL cannot stand in an argument, and nothing may stand there that moves a terminal's cursor.
    return isPrintable(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
        .decode(bytes)
        .replaceAll(/[\n\t]/g, ''),
    )
  } catch {
    return false
  }
}

const octal = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) =>
    byte > 31 && byte < 127 && byte !== 92 && byte !== 39 && byte !== 37
      ? String.fromCharCode(byte)
      : '\\' + byte.toString(8).padStart(3, '0'),
  ).join('')

const printed = (bytes: Uint8Array): string => `printf '${octal(bytes)}'`

/** What has to be piped into curl, where the body is no argument for a shell. Padding is written as what makes it. */
const source = (bytes: Uint8Array): string => {
  if (bytes.length <= LONGEST) return printed(bytes)
  const text = new TextDecoder().decode(bytes)
  const parts: string[] = []
  let at = 0
  const upTo = (end: number): void => {
    if (end > at) parts.push(printed(new TextEncoder().encode(text.slice(at, end))))
  }
  for (const { 0: run, 1: char, index } of text.matchAll(PADDING)) {
    upTo(index)
    parts.push(`head -c ${run.length} /dev/zero | tr '\\0' '${char}'`)
    at = index + run.length
  }
  upTo(text.length)
  return parts.length === 1 ? parts[0]! : `{ ${parts.join('; ')}; }`
}

/** What is written by hand, and a connection that stays open for the answer. */
const byHand = (url: string, raw: string): string => {
  const { protocol, hostname, port } = new URL(url)
  const program =
    protocol === 'https:'
      ? `openssl s_client -quiet -connect ${hostname}:${port || 443}`
      : `nc ${hostname.replaceAll(/[[\]]/g, '')} ${port || 80}`
  return `{ ${source(Uint8Array.from(raw, (char) => char.charCodeAt(0)))}; sleep 20; } | ${program}`
}

/**
 * Returns the request as a line that can be pasted into a shell. A signature in it is good for five minutes; `opsmantik
 * sign` makes a fresh one.
 */
export const curl = ({ method, url, headers, body, chunked, raw }: OutgoingRequest): string => {
  if (raw !== undefined) return byHand(url, raw)
  const sent = {
    ...headers,
    ...(chunked ? { 'Transfer-Encoding': 'chunked' } : {}),
    // curl would add one of its own.
    ...(body !== undefined && !('Content-Type' in headers) ? { 'Content-Type': '' } : {}),
  }
  const bytes = body === undefined ? undefined : bytesOf(body)
  const isArgument = bytes !== undefined && isText(bytes) && bytes.length <= LONGEST
  const line = [
    'curl -sS -i',
    ...(method === 'GET' || method === 'POST' ? [] : [`-X ${method}`]),
    ...Object.entries(sent).map(
      ([name, value]) => `-H ${quote(printable(value === '' ? `${name}:` : `${name}: ${value}`))}`,
    ),
    ...(bytes === undefined
      ? method === 'POST'
        ? ["-d ''"]
        : []
      : // The body counts byte for byte, because it may be signed.
        [`--data-binary ${isArgument ? quote(new TextDecoder().decode(bytes)) : '@-'}`]),
    quote(printable(url)),
  ].join(' ')
  return bytes === undefined || isArgument ? line : `${source(bytes)} | ${line}`
}
