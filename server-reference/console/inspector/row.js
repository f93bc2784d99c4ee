import { element } from '../element.js'
import { issuesOf } from './issues.js'
import { clock, day, isToday, timeOf } from './time.js'
import { actionInWords, OUTCOMES, pagesInWords, reasonInWords, targetInWords } from './words.js'

/** @typedef {import('../../src/live/detail.js').ConsoleMessage} Message */

/**
 * @param {string} className
 * @param {(Node | string)[]} children
 */
function cell(className, ...children) {
  const made = element('td', className, ...children)
  made.setAttribute('role', 'cell')
  return made
}

/** @param {number} at milliseconds since the epoch */
function timeCell(at) {
  const time = document.createElement('time')
  time.dateTime = new Date(at).toISOString()
  time.title = `${day(at)} ${new Date(at).toTimeString()}`
  time.append(clock(at))
  if (!isToday(at)) time.prepend(element('small', '', `${day(at)} `))
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

/**
 * Creates the cell with the link, which covers the whole row.
 *
 * @param {Message} message
 * @param {(Node | string)[]} children
 */
function whatCell({ id }, ...children) {
  const link = element('a', '', ...children)
  link.setAttribute('href', `#event=${id}`)
  link.tabIndex = -1
  return cell('what', link)
}

/**
 * Returns the invalid fields if the response names them, else the hint.
 *
 * @param {Extract<Message, { type: 'refused' }>} message
 */
function hintOf(message) {
  const issues = issuesOf(message).map(({ path, message: problem }) => `${path} ${problem}`)
  return issues.length > 0 ? issues.join('; ') : message.hint
}

/** @param {Message} message */
function cells(message) {
  const time = timeCell(timeOf(message))
  switch (message.type) {
    case 'call': {
      const target = element('span', 'target', targetInWords(message.action, message.target))
      return [
        time,
        whatCell(message, element('b', '', actionInWords(message.action)), ' ', target),
        pageCell(message.page_url),
        cell(`outcome ${message.status}`, element('span', 'badge', OUTCOMES[message.status])),
        cell('endpoint', message.endpoint),
      ]
    }
    case 'refused': {
      const code = element('code', '', `${message.status} ${message.code}`)
      return [
        time,
        whatCell(message, element('b', '', reasonInWords(message.code)), ' ', code),
        cell('where', message.origin ?? 'no origin'),
        cell('outcome refused', element('span', 'badge', 'Refused')),
        cell('endpoint', message.endpoint),
        cell('hint', hintOf(message)),
      ]
    }
    case 'sync':
      return [
        time,
        whatCell(message, pagesInWords(message.accepted)),
        pageCell(message.page_url),
        cell('outcome', 'Recorded'),
        cell('endpoint', '/api/sync'),
      ]
  }
}

/** @param {Message} message */
export function row(message) {
  const made = element('tr', message.type, ...cells(message))
  made.setAttribute('role', 'row')
  made.dataset.id = message.id
  return made
}
