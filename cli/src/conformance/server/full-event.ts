import { CALL_FIELDS, type CallField } from '@opsmantik/tracker/contract'

/** Fields of an event that a row must have. The site may be stored under an id of the server's own. */
export const CALL_FIELDS_OF_ROWS = Object.keys(CALL_FIELDS).filter((name) => name !== 'site_id')

const TEXTS = Object.entries<CallField>(CALL_FIELDS).filter(
  ([name, { type }]) => type === 'text' && name !== 'site_id' && name !== 'fingerprint',
)

const everyText = (write: (max: number, name: string) => string): Record<string, unknown> =>
  Object.fromEntries(TEXTS.map(([name, { max }]) => [name, write(max, name)]))

/** Events whose fields a careless server would change. */
export const fullEvent = (): [name: string, fields: Record<string, unknown>][] => [
  ['every field', { ...everyText((_, name) => `${name} of its own`.slice(0, 32)), value: 12.5 }],
  ['every text at its full length', everyText((max) => 'x'.repeat(max - 1) + 'z')],
  ['characters beyond ASCII', everyText(() => 'şğı 漢 😀 é e\u0301')],
  ['white space at both ends', everyText(() => ' \t x \n ')],
  ['quotes, backslashes and markup', everyText(() => `'"\\ <b>&amp;%00 \\u0041`)],
  ['a numeric string', { value: '12.50' }],
  ['nothing but an id', {}],
  ['nulls', { phone_number: null, gclid: null, value: null }],
]
