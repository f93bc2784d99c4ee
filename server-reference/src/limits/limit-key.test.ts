import { expect, it } from 'vitest'
import { limitKey } from './limit-key.js'

it('no part can write itself into another’s key', () => {
  const keys = [
    ['a|b', 'c'],
    ['a', 'b|c'],
    ['a', 'b', 'c'],
    ['a%7Cb', 'c'],
  ].map((parts) => limitKey(...parts))
  expect(new Set(keys).size).toBe(4)
})
