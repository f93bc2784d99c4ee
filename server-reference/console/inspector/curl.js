/** @typedef {import('../../src/live/detail.js').Detail} Detail */
/** @typedef {{ line: string, notes: string[] } | { impossible: string }} Curl */

/** Headers that curl sends itself, and those that belong to the connection and not to the request. */
const LEFT_TO_CURL =
  /^(host|content-length|connection|keep-alive|transfer-encoding|te|trailer|upgrade|expect|accept-encoding|sec-websocket-(key|version|extensions|protocol)|sec-fetch-.*|sec-ch-.*)$/i

/**
 * Matches characters that a terminal may act upon when they are pasted, instead of showing them: control characters,
 * and letters that change the reading direction. A visitor's body can contain any of them.
 */
const NOT_TO_PASTE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/u
const PRINTABLE = /^[\x20-\x7e]*$/

/** No longer than a body that is refused for its size has to be. */
const MAX_FILLER = 10_000_000

/** @param {string} text for a POSIX shell */
const quoted = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`

/**
 * Returns the request as a line for a shell.
 *
 * @param {Detail} detail
 * @param {string} base the server's origin
 * @returns {Curl}
 */
export function curlOf(detail, base) {
  const { method, target, headers, headersLeftOut } = detail
  const body = bodyOf(detail)
  if ('impossible' in body) return body
  const notes = [...body.notes]
  // -X HEAD would wait for a body that never comes.
  const how = method === 'HEAD' ? '-I' : `-i -X ${method}`
  const words = [`curl ${how} --globoff ${quoted(base + target.replaceAll('…', ''))}`]
  if (target.includes('…')) notes.push('The token in the address is left out.')

  const names = new Set(headers.map(({ name }) => name.toLowerCase()))
  for (const { name, value, hidden } of headers) {
    if (LEFT_TO_CURL.test(name)) continue
    if (hidden !== undefined || !PRINTABLE.test(value)) notes.push(`${name} is left out.`)
    else words.push(`-H ${quoted(value === '' ? `${name};` : `${name}: ${value}`)}`)
  }
  if (headersLeftOut > 0) notes.push(`${headersLeftOut} more headers are left out.`)
  // A header that curl would add by itself.
  if (!names.has('user-agent')) words.push("-H 'User-Agent:'")
  if (!names.has('accept')) words.push("-H 'Accept:'")
  if (body.words && !names.has('content-type')) words.push("-H 'Content-Type:'")
  if (body.words) words.push(body.words)
  if (names.has('x-ops-signature'))
    notes.push(
      'The signature is the one that was sent; 300 seconds after it was made it is refused.',
    )
  return { line: body.before + words.join(' \\\n  '), notes }
}

/**
 * @param {Detail} detail
 * @returns {{ before: string, words: string, notes: string[] } | { impossible: string }}
 */
function bodyOf({ method, body }) {
  /** @type {string[]} */
  const notes = []
  switch (body.state) {
    case 'none':
      return { before: '', words: '', notes }
    case 'unread':
      if (method === 'POST')
        notes.push(
          'The body was never read, so the line sends an empty one: the answer is the same.',
        )
      return { before: '', words: "--data-raw ''", notes }
    case 'too large': {
      const size = Math.min(Math.max(body.declared ?? 0, 65_537), MAX_FILLER)
      notes.push(`The body was never kept, so the line sends ${size.toLocaleString('en')} spaces.`)
      return {
        before: `head -c ${size} /dev/zero | tr '\\0' ' ' | `,
        words: '--data-binary @-',
        notes,
      }
    }
    case 'broken off':
      return { impossible: 'The request broke off in its body: no line can do the same.' }
    case 'read': {
      if (body.cut)
        return {
          impossible:
            'Only the beginning of the body is here, and other bytes would not fit the signature.',
        }
      if ('text' in body && !NOT_TO_PASTE.test(body.text))
        return { before: '', words: `--data-raw ${quoted(body.text)}`, notes }
      const bytes = 'base64' in body ? body.base64 : base64Of(body.text)
      notes.push('The body holds control characters or is no text: it goes as base64.')
      return {
        before: `printf %s ${quoted(bytes)} | base64 -d | `,
        words: '--data-binary @-',
        notes,
      }
    }
  }
}

/** @param {string} text */
function base64Of(text) {
  let binary = ''
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte)
  return btoa(binary)
}
