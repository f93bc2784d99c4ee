/**
 * Returns a UUID version 7 (RFC 9562), which begins with the time. `crypto.randomUUID` is version 4 and does not exist on
 * http pages; `getRandomValues` does. The random part is 18 decimal digits, 59 bits, because they need no conversion.
 */
export const uuid = (): string =>
  // Eleven digits of time until the year 2527.
  ('0' + Date.now().toString(16) + crypto.getRandomValues(new Uint32Array(4)).join(''))
    .slice(0, 30)
    .replace(/(.{8})(....)(...)(...)/, '$1-$2-7$3-a$4-')
