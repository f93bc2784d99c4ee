import { copyButton } from '../copy.js'
import { curlOf } from './curl.js'
import { element } from '../element.js'

/** @typedef {import('../../src/live/detail.js').Detail} Detail */

/** Shows the same request as a line for a shell. @param {Detail} detail */
export function curlSection(detail) {
  const curl = curlOf(detail, location.origin)
  const section = element('section', 'again', element('h3', '', 'Send it again'))
  if ('impossible' in curl) {
    section.append(element('p', 'aside', curl.impossible))
    return section
  }
  const button = copyButton('Copy as curl', () => curl.line)
  button.id = 'copy-curl'
  const line = element('details', '', element('summary', '', 'The line'), code(curl.line))
  section.append(button, ...curl.notes.map((note) => element('p', 'aside', note)), line)
  return section
}

/** Returns a block that scrolls, also with the keyboard. @param {string} text */
export function code(text) {
  const block = element('pre', '', element('code', '', text))
  block.tabIndex = 0
  return block
}
