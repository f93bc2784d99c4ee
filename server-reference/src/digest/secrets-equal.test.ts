import { expect, test } from 'vitest'
import { secretsEqual } from './secrets-equal.js'

test.each([
  ['a-token', 'a-token', true],
  ['', '', true],
  ['a-tokem', 'a-token', false],
  ['b-token', 'a-token', false],
  ['a-toke', 'a-token', false],
  ['a-token-', 'a-token', false],
  ['', 'a-token', false],
  ['a-token', '', false],
  ['a-toke\0', 'a-toke', false],
])('“%s” and “%s”: %s', (given, expected, isEqual) => {
  expect(secretsEqual(given, expected)).toBe(isEqual)
})
