import { expect, it } from 'vitest'
import { createWindows } from './windows.js'

it('keeps as many windows as it may, and drops the oldest', () => {
  const count = createWindows(4, () => 0)
  for (const key of ['a', 'b', 'c', 'd']) expect(count(key).count).toBe(1)
  expect(count('b').count).toBe(2)
  expect(count('a').count).toBe(1)
})

it('a flood of new keys drops no window that is in use', () => {
  const count = createWindows(1_000, () => 0)
  for (let n = 0; n < 60; n++) count('busy')
  for (let n = 0; n < 100_000; n++) count(`invented ${n}`)
  expect(count('busy').count).toBe(61)
})

it('windows in use are bounded too', () => {
  const count = createWindows(8, () => 0)
  for (const key of ['a', 'b', 'c']) for (let n = 0; n < 10; n++) count(key)
  expect(count('a').count).toBe(1)
  expect(count('c').count).toBe(11)
})

it('a window in use ends after a minute as well', () => {
  let now = 0
  const count = createWindows(100, () => now)
  for (let n = 0; n < 20; n++) count('a')
  now = 59_999
  expect(count('a')).toEqual({ count: 21, resetMs: 1 })
  now = 60_000
  expect(count('a')).toEqual({ count: 1, resetMs: 60_000 })
})

it('a clock that steps back does not keep a window for longer than a minute', () => {
  let now = 1_000_000
  const count = createWindows(100, () => now)
  count('a')
  now = 0
  expect(count('a')).toEqual({ count: 1, resetMs: 60_000 })
})
