/** Joins the parts of a bucket's key. No part can contain the separator, so nobody can write the key of another bucket. */
export const limitKey = (...parts: string[]): string =>
  parts
    .map((part) => (/[%|]/.test(part) ? part.replace(/[%|]/g, encodeURIComponent) : part))
    .join('|')
