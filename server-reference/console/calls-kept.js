import { part } from './element.js'
import { number, text } from './language.js'
import { nameOf } from './session.js'
import { fillTable } from './table.js'

const html = (/** @type {string} */ id) => part(id, HTMLElement)

/**
 * Shows what trackers could not deliver, by site and reason, and how long calls are kept.
 *
 * @param {ReturnType<typeof import('./session.js').createSession>} session
 */
export function showKept(session) {
  const { drops, retention_days: days } = /** @type {import('./api.js').Opened} */ (
    session.opened()
  )
  html('drops-part').hidden = drops.length === 0
  fillTable(
    html('drops'),
    [text('site'), text('reason'), text('calls')],
    drops.map((drop) => [
      nameOf(session.siteOf(drop.site_id), drop.site_id),
      drop.reason,
      number(drop.count),
    ]),
  )
  html('kept').textContent = days === null ? text('keptForEver') : text('kept', number(days))
}
