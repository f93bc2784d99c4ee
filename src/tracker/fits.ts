import { CALL_FIELDS } from '../contract/call-fields.js'
import { clean } from './clean.js'

/**
 * Returns a value if it can be an id of a call event: a string of 1 to 256 characters that Postgres can store. NUL and lone
 * surrogates are legal in a page and illegal there, and the event would be refused for ever.
 */
export const fitting = (value: unknown): string | undefined =>
  (typeof value == 'string' && clean(value, CALL_FIELDS.click_id.max) === value && value) ||
  undefined
