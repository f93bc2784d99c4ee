import { expect, it } from 'vitest'
import { slotOf } from './slot.js'

// 0x31C3 is the specification's check value; test/services compares more of them with CLUSTER KEYSLOT.
it.each([
  ['123456789', 12_739],
  ['foo', 12_182],
  ['', 0],
])('the slot of %s is %i', (tag, slot) => {
  expect(slotOf(tag)).toBe(slot)
})
