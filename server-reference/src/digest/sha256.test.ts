import { createHash, createHmac, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { hex } from '@opsmantik/tracker/contract'
import { concat, fromHex } from './bytes.js'
import { hmacSha256, sha256 } from './sha256.js'

const node = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

test('the digest is node:crypto’s at every length around a block’s end', () => {
  for (let length = 0; length < 260; length++) {
    const bytes = randomBytes(length)
    expect(hex(sha256(bytes)), `length ${length}`).toBe(node(bytes))
  }
  const long = randomBytes(100_000)
  expect(hex(sha256(long))).toBe(node(long))
})

test('the HMAC is node:crypto’s, with keys shorter and longer than a block', () => {
  for (const length of [1, 16, 63, 64, 65, 200]) {
    const key = randomBytes(length)
    const message = randomBytes(length * 3)
    const made = createHmac('sha256', key).update(message).digest('hex')
    expect(hex(hmacSha256(key, message)), `key of ${length}`).toBe(made)
  }
})

test('hex and back', () => {
  expect(hex(fromHex('00ff10AB'))).toBe('00ff10ab')
  expect(concat([Uint8Array.of(1), Uint8Array.of(), Uint8Array.of(2, 3)])).toEqual(
    Uint8Array.of(1, 2, 3),
  )
})
