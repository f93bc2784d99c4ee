/**
 * Joins the parts of a bucket's key. No part can contain the separator, so no client can forge the key of another
 * bucket.
 */
export const limitKey = (first: string, second?: string): string =>
  second === undefined ? escaped(first) : `${escaped(first)}|${escaped(second)}`

const escaped = (part: string): string =>
  /[%|]/.test(part) ? part.replace(/[%|]/g, encodeURIComponent) : part
