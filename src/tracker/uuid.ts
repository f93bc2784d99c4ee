import { hex } from '../contract/hex.js'

/**
 * Returns a UUID version 7 (RFC 9562), which begins with the time. `crypto.randomUUID` is version 4 and does not exist on
 * http pages; `getRandomValues` does.
 *
 * @param now milliseconds since the epoch
 */
export const uuid = (now: number = Date.now()): string =>
  (now.toString(16).padStart(12, '0') + hex(crypto.getRandomValues(new Uint8Array(9)))).replace(
    /(.{8})(....)(...)(...)/,
    '$1-$2-7$3-a$4-',
  )
