import { concat, fromHex } from './bytes.js'

/** What the reference server takes from Node's `Buffer`. */
export const Buffer: {
  concat(chunks: readonly Uint8Array[]): Uint8Array
  from(hex: string, encoding: 'hex'): Uint8Array
} = { concat, from: fromHex }

/** Once the answer is on its way. A promise, because a test may have stopped the clock. */
export const setImmediate = (then: () => void): void => void Promise.resolve().then(then)
