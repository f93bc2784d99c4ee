import { actionInWords, pagesInWords, reasonInWords, targetInWords } from './words.js'

/** @typedef {import('@opsmantik/tracker/contract').LiveMessage} LiveMessage */

/**
 * Text only: nearly everything in a row is a visitor's own words.
 *
 * @param {string} tag
 * @param {string} className
 * @param {(Node | string)[]} children
 */
function element(tag, className, ...children) {
  const made = document.createElement(tag)
  made.className = className
  made.append(...children)
  return made
}

/**
 * @param {string} className
 * @param {(Node | string)[]} children
 */
function cell(className, ...children) {
  const made = element('td', className, ...children)
  made.setAttribute('role', 'cell')
  return made
}

const two = (/** @type {number} */ n) => String(n).padStart(2, '0')

/** @param {number} at milliseconds since the epoch */
function timeCell(at) {
  const date = new Date(at)
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const time = document.createElement('time')
  time.dateTime = date.toISOString()
  time.title = `${day} ${date.toTimeString()}`
  time.append(`${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`)
  if (date.toDateString() !== new Date().toDateString())
    time.prepend(element('small', '', `${day} `))
  return cell('time', time)
}

/** @param {string | null} pageUrl */
function pageCell(pageUrl) {
  if (!pageUrl) return cell('where', '—')
  let host = ''
  let rest = pageUrl
  try {
    const url = new URL(pageUrl)
    host = url.host
    rest = url.pathname + url.search + url.hash
  } catch {
    // Not an address: shown as it came.
  }
  const made = cell('where', element('span', 'host', host), rest)
  made.title = pageUrl
  return made
}

/** @param {LiveMessage} message */
function cells(message) {
  const time = timeCell(message.at)
  switch (message.type) {
    case 'call': {
      const target = element('span', 'target', targetInWords(message.action, message.target))
      target.title = message.target ?? ''
      return [
        time,
        cell('what', element('b', '', actionInWords(message.action)), ' ', target),
        pageCell(message.page_url),
        cell(
          `outcome ${message.status}`,
          element('span', 'badge', message.status === 'matched' ? 'Matched' : 'No session'),
        ),
        cell('endpoint', message.endpoint),
      ]
    }
    case 'refused': {
      const code = element('code', '', `${message.status} ${message.code}`)
      return [
        time,
        cell('what', element('b', '', reasonInWords(message.code)), ' ', code),
        cell('where', message.origin ?? 'no origin'),
        cell('outcome refused', element('span', 'badge', 'Refused')),
        cell('endpoint', message.endpoint),
        cell('hint', message.hint),
      ]
    }
    case 'sync':
      return [
        time,
        cell('what', pagesInWords(message.accepted)),
        pageCell(message.page_url),
        cell('outcome', 'Recorded'),
        cell('endpoint', '/api/sync'),
      ]
  }
}

/** @param {LiveMessage} message */
export function row(message) {
  const made = element('tr', message.type, ...cells(message))
  made.setAttribute('role', 'row')
  return made
}
