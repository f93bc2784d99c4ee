import { code } from './details-curl.js'
import { element } from '../element.js'

/** @typedef {import('../../src/live/detail.js').Detail} Detail */

const bytes = (/** @type {number} */ count) => `${count.toLocaleString('en')} bytes`

/** @param {Detail} detail */
export function requestSection({ method, target, headers, headersLeftOut, body }) {
  const section = element(
    'section',
    '',
    element('h3', '', 'Request'),
    element('p', 'line', `${method} ${target}`),
    headerTable(headers.map(({ name, value, hidden }) => [name, shown(value, hidden)])),
  )
  if (headersLeftOut > 0)
    section.append(element('p', 'aside', `${headersLeftOut} more headers are not shown.`))
  section.append(element('h4', '', 'Body'), ...bodyOf(body))
  return section
}

/** @param {Detail} detail */
export function answerSection({ answer }) {
  return element(
    'section',
    '',
    element('h3', '', 'Answer'),
    element('p', 'line', `HTTP ${answer.status}`),
    headerTable(answer.headers),
    ...(answer.body ? [code(pretty(answer.body) ?? answer.body)] : []),
  )
}

/** @param {string} value @param {'secret' | 'long' | undefined} hidden */
function shown(value, hidden) {
  if (hidden === 'secret') return `${value} (not shown: it may be a secret)`.trim()
  return hidden === 'long' ? `${value} … (cut)` : value
}

/** @param {[string, string][]} headers */
function headerTable(headers) {
  const list = element('dl', 'headers')
  for (const [name, value] of headers)
    list.append(element('div', '', element('dt', '', name), element('dd', '', value)))
  return list
}

/** @param {Detail['body']} body @returns {Node[]} */
function bodyOf(body) {
  const declared =
    'declared' in body && body.declared !== null ? ` (${bytes(body.declared)} were announced)` : ''
  switch (body.state) {
    case 'none':
      return [aside('None: this method has no body.')]
    case 'unread':
      return [aside(`Not read: the request was refused before its body was looked at${declared}.`)]
    case 'too large':
      return [
        aside(
          `Not kept: it is larger than 65,536 bytes${declared || ', and reading stopped there'}.`,
        ),
      ]
    case 'broken off':
      return [aside('It broke off before it was complete.')]
    case 'read':
      break
  }
  if (body.bytes === 0) return [aside('Empty: 0 bytes were received.')]
  const size = body.cut
    ? `The first part of ${bytes(body.bytes)}; the rest is cut off.`
    : `${bytes(body.bytes)}.`
  if ('base64' in body)
    return [aside(`${size} It is not valid UTF-8, or holds a NUL; as base64:`), code(body.base64)]
  const formatted = body.cut ? undefined : pretty(body.text)
  if (formatted === undefined || formatted === body.text) return [aside(size), code(body.text)]
  const raw = element('details', '', element('summary', '', 'Exactly as received'), code(body.text))
  return [aside(size), code(formatted), raw]
}

/** @param {string} text */
const aside = (text) => element('p', 'aside', text)

/** @param {string} text @returns {string | undefined} nothing for what is no JSON */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return undefined
  }
}
