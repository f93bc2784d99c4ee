import { FIELD_MAX } from '../contract/limits.js'
import type { Intent } from './target.js'

/** Fields of a call event that the page's own code may add. */
export interface Fields {
  /** What the intent is worth, in the site's own unit. */
  value?: number | string
  /** A click id of another kind than Google's, which are read from the page's address. */
  click_id?: string
}

/** NUL and lone surrogates are legal in a page and illegal in Postgres: the event would be refused for ever. */
const clean = (text: unknown, max: number): string =>
  ('' + text).slice(0, max).replace(/[\0\ud800-\udfff]/gu, '')

/** Six base36 digits that tell targets apart in a log; nothing secret hangs on them. */
const hash = (text: string): string =>
  // Every number from 1e9 to 2e9 has six.
  ([...text].reduce((sum, c) => (sum * 31 + c.codePointAt(0)!) % 1e9, 0) + 1e9).toString(36)

/**
 * The call event of an intent (contract section 6). Made once: every try sends these very characters.
 *
 * @param now milliseconds since the epoch
 */
export const makeEvent = (
  siteId: string,
  fingerprint: string,
  id: string,
  intent: Intent,
  pageUrl: string,
  now: number,
  clickIds: Record<string, string | undefined>,
  value?: Fields['value'],
): string => {
  const action = clean(intent.action, FIELD_MAX.intent_action)
  const target = clean(intent.target, FIELD_MAX.intent_target)
  return JSON.stringify({
    site_id: siteId,
    fingerprint,
    event_id: id,
    intent_action: action,
    intent_target: target,
    intent_stamp: [
      now,
      // Hex digits are base36 digits, and these are random.
      id.slice(0, 4),
      { phone: 'tel', whatsapp: 'wa', email: 'mail' }[action] || action,
      hash(target),
    ].join('-'),
    intent_page_url: pageUrl,
    ...clickIds,
    value,
  })
}
