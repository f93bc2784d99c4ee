import { element } from '../element.js'
import { endpointOf, outcomeOf } from './filter.js'
import { issuesOf } from './issues.js'
import { clock, day, timeOf } from './time.js'
import {
  actionInWords,
  EXPLAINED,
  OUTCOMES,
  pagesInWords,
  reasonInWords,
  targetInWords,
} from './words.js'

/** @typedef {import('../../src/live/detail.js').ConsoleMessage} Message */

/** @param {Message} message */
export function titleOf(message) {
  if (message.type === 'refused') return reasonInWords(message.code)
  if (message.type === 'sync') return pagesInWords(message.accepted)
  return `${actionInWords(message.action)} ${targetInWords(message.action, message.target)}`.trim()
}

/** Returns the section on the meaning of a message and its remedy. @param {Message} message */
export function fixSection(message) {
  if (message.type !== 'refused') {
    const status = message.type === 'sync' ? 'synced' : message.status
    const word = message.type === 'sync' ? 'Recorded' : OUTCOMES[message.status]
    return element(
      'section',
      `verdict ${status}`,
      element('p', '', element('span', 'badge', word), ' ', EXPLAINED[status]),
    )
  }
  const section = element(
    'section',
    'verdict refused',
    element('p', '', element('code', 'badge', `${message.status} ${message.code}`)),
    element('h3', '', 'What to do'),
    element('p', 'fix', message.hint),
  )
  const issues = issuesOf(message)
  const lines = issues.map(({ path, message: problem }) =>
    element('li', '', element('code', '', path), ` ${problem}`),
  )
  if (lines.length > 0) section.append(element('ul', 'issues', ...lines))
  return section
}

/** @param {Message} message */
export function factsSection(message) {
  const { detail } = message
  /** @type {[string, string | null | undefined][]} */
  const facts = [
    ['Time', moment(timeOf(message))],
    // Seconds: an event that waited on the visitor's device.
    ['Arrived', message.at - timeOf(message) >= 1_000 ? moment(message.at) : undefined],
    ['Endpoint', endpointOf(message)],
    ['Outcome', outcomeOf(message)],
    ['Took', detail && `${detail.ms.toFixed(1)} ms`],
    ['Site', 'site_id' in message ? message.site_id : detail?.site],
    ['Site as sent', detail?.claimedSite],
    ['Origin', message.type === 'refused' ? (message.origin ?? 'none') : originOf(message)],
    ['Page', 'page_url' in message ? message.page_url : undefined],
    ['Target', message.type === 'call' ? message.target : undefined],
    ['Call', message.type === 'call' ? message.call_id : undefined],
    [
      'Session',
      message.type === 'call' && message.status !== 'noop'
        ? (message.session_id ?? 'none')
        : undefined,
    ],
    ...(detail?.fields ?? []),
    ['Request id', detail?.requestId],
  ]
  const list = element('dl', 'facts')
  for (const [name, value] of facts)
    if (value) list.append(element('div', '', element('dt', '', name), element('dd', '', value)))
  return element('section', '', element('h3', '', 'Facts'), list)
}

/** @param {number} at */
const moment = (at) => `${day(at)} ${clock(at)}`

/** @param {Message} message */
const originOf = ({ detail }) =>
  detail && (detail.headers.find(({ name }) => name.toLowerCase() === 'origin')?.value ?? 'none')
