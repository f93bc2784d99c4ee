/** Joins the parts of a bucket's key. No part can contain the separator, so no caller can write himself another's key. */
export const limitKey = (...parts: string[]): string =>
  parts.map((part) => part.replace(/[%|]/g, encodeURIComponent)).join('|')
