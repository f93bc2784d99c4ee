import { bytesOf, type Sending } from './exchange.js'

/** Longer bodies are padding, and written as what makes them. */
const LONGEST = 1_500

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

const isText = (bytes: Uint8Array): boolean => {
  try {
    // NUL cannot stand in an argument, and white space at the end must survive.
    return !new TextDecoder('utf-8', { fatal: true }).decode(bytes).includes('\0')
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

/** What has to be piped into curl, where the body is no argument that a shell could carry. */
const source = (bytes: Uint8Array): string => {
  if (bytes.length <= LONGEST) return `printf '${octal(bytes)}'`
  const text = new TextDecoder().decode(bytes)
  const padding = /(.)\1{999,}/su.exec(text)
  // All that the kit sends at this length is one character repeated, with something before and after it.
  const [run = '', char = ''] = padding ?? []
  const count = run.length / char.length
  const start = padding?.index ?? 0
  const around = [text.slice(0, start), text.slice(start + run.length)].map(
    (part) => `printf '${octal(new TextEncoder().encode(part.slice(0, LONGEST)))}'`,
  )
  return `{ ${around[0]}; head -c ${count} /dev/zero | tr '\\0' '${char}'; ${around[1]}; }`
}

/**
 * The request as a line that can be pasted into a shell. A signature in it is good for five minutes; `opsmantik sign`
 * makes a fresh one.
 */
export const curl = ({ method, url, headers, body, chunked }: Sending): string => {
  const parts = ['curl -i']
  if (method !== 'GET' && method !== 'POST') parts.push('-X ' + method)
  parts.push(quote(url))
  const sent = {
    ...headers,
    ...(chunked ? { 'Transfer-Encoding': 'chunked' } : {}),
    // curl would add one of its own.
    ...(body !== undefined && !('Content-Type' in headers) ? { 'Content-Type': '' } : {}),
  }
  for (const [name, value] of Object.entries(sent))
    parts.push('-H ' + quote(value === '' ? name + ':' : `${name}: ${value}`))
  if (body === undefined) return parts.join(' ') + (method === 'POST' ? " -d ''" : '')
  const bytes = bytesOf(body)
  if (isText(bytes) && bytes.length <= LONGEST)
    return parts.join(' ') + ' --data-binary ' + quote(new TextDecoder().decode(bytes))
  return `${source(bytes)} | ${parts.join(' ')} --data-binary @-`
}
