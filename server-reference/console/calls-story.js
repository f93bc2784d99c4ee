import { element } from './element.js'
import { kindName, number, text, time } from './language.js'

/** @typedef {import('./api.js').Call} Call */
/** @typedef {import('./api.js').Visit} Visit */

/**
 * Shows what is known of a call's visitor.
 *
 * @param {HTMLElement} body
 * @param {{ call: Call, visits: Visit[], others: Call[] }} story
 */
export function showStory(body, { call, visits, others }) {
  const line = (/** @type {Call} */ one) =>
    `${time(one.occurred_at)} · ${kindName(one.action)} · ${one.target ?? ''}`
  const parts = [element('p', 'story-call', line(call)), element('p', 'url', call.page_url ?? '')]
  if (visits.length === 0) parts.push(element('p', 'note', text('noVisit')))
  for (const visit of visits) {
    const minutes = Math.round((visit.last_seen - visit.first_seen) / 60_000)
    parts.push(
      element('h3', '', text('visitFrom', time(visit.first_seen))),
      element(
        'p',
        '',
        `${visit.referrer ? text('cameFrom', visit.referrer) : text('directly')} · ${text('onSite', number(minutes))}`,
      ),
      element(
        'ol',
        '',
        ...visit.pages.map(({ at, url }) => element('li', 'url', `${time(at)} ${url}`)),
      ),
    )
  }
  if (others.length > 0)
    parts.push(
      element('h3', '', text('others')),
      element('ul', '', ...others.map((one) => element('li', '', line(one)))),
    )
  body.replaceChildren(...parts)
}
