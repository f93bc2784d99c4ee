/** Removes NUL and lone surrogates, which Postgres cannot store, and cuts to a length. */
export const clean = (text: unknown, max: number): string =>
  ('' + text).slice(0, max).replace(/[\0\ud800-\udfff]/gu, '')
