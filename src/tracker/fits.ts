/**
 * Tells whether a value can be an id of a call event: a string of 1 to 256 characters that Postgres can store. NUL and lone
 * surrogates are legal in a page and illegal there, and the event would be refused for ever.
 */
export const fits = (value: unknown): value is string =>
  typeof value == 'string' && /^[^\0\ud800-\udfff]{1,256}$/u.test(value)
