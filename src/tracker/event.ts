import { CALL_FIELDS, type CallEvent } from '../contract/call-fields.js'
import { clean } from './clean.js'
import { fitting } from './fits.js'
import { hash } from './hash.js'
import { quietly } from './quietly.js'
import type { Intent } from './target.js'
import { timeOf } from './time-of.js'

/** Fields of a call event that the page's own code may add. One that the contract does not allow is left out. */
export interface Fields {
  /** Value of the intent, in the site's own unit: a number, or a numeric string such as `'120.50'`. */
  value?: number | string
  /** A click id of another kind than Google's, which are read from the page's address; 1 to 256 characters. */
  click_id?: string
}

/** The words of the stamp for those actions that have another one there. */
const WORDS = { __proto__: null, phone: 'tel', whatsapp: 'wa', email: 'mail' } as unknown as Record<
  string,
  string
>

/** Fields that every event of a page has, and any other that the page itself determines. */
type Base = CallEvent &
  Pick<Required<CallEvent>, 'site_id' | 'fingerprint' | 'event_id' | 'intent_page_url'>

/**
 * Returns the call event of an intent (contract section 6). It is created once: every try sends the same characters.
 *
 * @param base its `event_id` is a UUID version 7, whose time is the time of the press
 * @param omit called with the name of a field and what was given, if it is not valid
 * @param clickId any value from the page's code; omitted if it is not valid
 * @param value any value from the page's code; omitted if it is not a number
 */
export const makeEvent = (
  base: Base,
  intent: Intent,
  omit: (name: string, given: unknown) => undefined,
  clickId?: unknown,
  value?: unknown,
): string => {
  const action = clean(intent.action, CALL_FIELDS.intent_action.max)
  const target = clean(intent.target, CALL_FIELDS.intent_target.max)
  return JSON.stringify({
    ...base,
    intent_action: action,
    intent_target: target,
    intent_stamp: [
      timeOf(base.event_id),
      // Hex digits are base36 digits, and these are random.
      base.event_id.slice(-4),
      WORDS[action] || action,
      hash(target),
    ].join('-'),
    click_id: fitting(clickId) || omit('click_id', clickId),
    // A value that cannot be converted or compared throws; a press is worth more than its value.
    // oxlint-disable-next-line eqeqeq -- '120.50' is a number, '120 TL' is not
    value:
      quietly(() => (parseFloat(value as string) == value ? +(value as string) : undefined)) ??
      omit('value', value),
  })
}
