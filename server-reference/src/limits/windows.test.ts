import { expect, it } from 'vitest'
import { createWindows } from './windows.js'

/** Counts 1 at time 0. */
const counting = (max: number) => {
  const count = createWindows(max)
  return (key: string): number => count(key, 1, 0).count
}

it('keeps as many windows as it may, and drops the oldest', () => {
  const count = counting(4)
  for (const key of ['a', 'b', 'c', 'd']) expect(count(key)).toBe(1)
  expect(count('b')).toBe(2)
  expect(count('a')).toBe(1)
})

it('a flood of new keys drops no window that is in use', () => {
  const count = counting(1_000)
  for (let n = 0; n < 60; n++) count('busy')
  for (let n = 0; n < 100_000; n++) count(`invented ${n}`)
  expect(count('busy')).toBe(61)
})

it('windows in use are bounded too', () => {
  const count = counting(8)
  for (const key of ['a', 'b', 'c']) for (let n = 0; n < 10; n++) count(key)
  expect(count('a')).toBe(1)
  expect(count('c')).toBe(11)
})

it('a window in use ends after a minute as well', () => {
  const count = createWindows(100)
  for (let n = 0; n < 20; n++) count('a', 1, 0)
  expect(count('a', 1, 59_999)).toEqual({ count: 21, ends: 60_000 })
  expect(count('a', 1, 60_000)).toEqual({ count: 1, ends: 120_000 })
})

it('a clock that steps back does not keep a window for longer than a minute', () => {
  const count = createWindows(100)
  count('a', 1, 1_000_000)
  expect(count('a', 1, 0)).toEqual({ count: 1, ends: 60_000 })
})
