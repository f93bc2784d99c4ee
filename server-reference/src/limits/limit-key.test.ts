import { expect, it } from 'vitest'
import { limitKey } from './limit-key.js'

it('no part can write itself into another’s key', () => {
  const keys = [
    ['a|b', 'c'],
    ['a', 'b|c'],
    ['a', 'b%7Cc'],
    ['a%7Cb', 'c'],
  ].map(([first, second]) => limitKey(first!, second!))
  expect(new Set(keys).size).toBe(4)
})
