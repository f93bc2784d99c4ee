import { element, part } from './element.js'
import { number, text, time } from './language.js'
import { nameOf } from './session.js'
import { fillTable } from './table.js'

/** @typedef {{ webhook_id: string, site_id: string, receiver: string, ended_at: number | null, waiting: number, delivered: number, abandoned: number, last_problem: string | null, next_attempt_at: number | null, last_delivered_at: number | null }} Webhook */

const html = (/** @type {string} */ id) => part(id, HTMLElement)

/**
 * Shows the receivers of the calls, with what waits and what was given up; that can be sent again.
 *
 * @param {ReturnType<typeof import('./session.js').createSession>} session
 */
export async function showWebhooks(session) {
  const site = session.site()
  /** @type {Webhook[]} */
  let webhooks
  try {
    const response = await session.get('/api/calls/webhooks', { site })
    webhooks = (await response.json()).webhooks
  } catch (error) {
    session.complain(error)
    return
  }
  if (site !== session.site() || session.opened() === undefined) return
  html('webhooks-part').hidden = webhooks.length === 0
  const many = (session.opened()?.sites.length ?? 0) > 1 && site === ''
  fillTable(
    html('webhooks'),
    [
      ...(many ? [text('site')] : []),
      text('receiver'),
      text('delivered'),
      text('waitingDeliveries'),
      text('abandoned'),
      text('state'),
    ],
    webhooks.map((one) => [
      ...(many ? [nameOf(session.siteOf(one.site_id), one.site_id)] : []),
      element('span', 'url', one.receiver),
      number(one.delivered),
      number(one.waiting),
      one.abandoned > 0 ? again(session, one) : number(0),
      stateOf(one),
    ]),
  )
}

/** @param {Webhook} webhook */
function stateOf({ ended_at, last_problem, next_attempt_at, last_delivered_at, waiting }) {
  if (ended_at !== null) return text('webhookEnded', time(ended_at))
  if (last_problem !== null && waiting > 0)
    return `${last_problem} · ${text('nextAttempt', next_attempt_at === null ? '' : time(next_attempt_at))}`
  return last_delivered_at === null
    ? text('stateWaiting')
    : text('lastDelivered', time(last_delivered_at))
}

/** @param {ReturnType<typeof import('./session.js').createSession>} session @param {Webhook} webhook */
function again(session, { webhook_id, site_id, abandoned }) {
  const button = element('button', '', text('sendAgain', number(abandoned)))
  button.setAttribute('type', 'button')
  button.addEventListener('click', async () => {
    button.setAttribute('disabled', '')
    try {
      await session.get(
        '/api/calls/webhooks/resend',
        { site: site_id, webhook: webhook_id },
        { method: 'POST' },
      )
    } catch (error) {
      session.complain(error)
    }
    await showWebhooks(session)
  })
  return button
}
