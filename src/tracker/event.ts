import { CALL_FIELDS } from '../contract/call-fields.js'
import { clean } from './clean.js'
import { fits } from './fits.js'
import { hash } from './hash.js'
import type { Intent } from './target.js'
import { timeOf } from './time-of.js'

/** Fields of a call event that the page's own code may add. One that the contract does not allow is left out. */
export interface Fields {
  /** What the intent is worth, in the site's own unit: a number, or a string that is one, such as `'120.50'`. */
  value?: number | string
  /** A click id of another kind than Google's, which are read from the page's address; 1 to 256 characters. */
  click_id?: string
}

/**
 * Returns the call event of an intent (contract section 6). Made once: every try sends these very characters.
 *
 * @param id a UUID version 7, whose time is the time of the press
 * @param ids click ids by field; what does not fit is left out
 * @param value what the page's code says, whatever that is; left out if it is not a number
 */
export const makeEvent = (
  siteId: string,
  fingerprint: string,
  id: string,
  intent: Intent,
  pageUrl: string,
  ids: Record<string, unknown>,
  value?: unknown,
): string => {
  const action = clean(intent.action, CALL_FIELDS.intent_action.max)
  const target = clean(intent.target, CALL_FIELDS.intent_target.max)
  const event: Record<string, unknown> = {
    site_id: siteId,
    fingerprint,
    event_id: id,
    intent_action: action,
    intent_target: target,
    intent_stamp: [
      timeOf(id),
      // Hex digits are base36 digits, and these are random.
      id.slice(-4),
      { phone: 'tel', whatsapp: 'wa', email: 'mail' }[action] || action,
      hash(target),
    ].join('-'),
    intent_page_url: pageUrl,
  }
  // Own names only: pages extend Object.prototype.
  for (const name of Object.keys(ids)) if (fits(ids[name])) event[name] = ids[name]
  // A symbol throws where it is converted to a string; a press is worth more than its value.
  try {
    if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value as string))
      event['value'] = Number(value)
  } catch {
    // It is not a number.
  }
  return JSON.stringify(event)
}
