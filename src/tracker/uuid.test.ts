import { afterEach, expect, test, vi } from 'vitest'
import { timeOf } from './time-of.js'
import { uuid } from './uuid.js'

afterEach(() => vi.unstubAllGlobals())

test('a hundred ids are a hundred version 7 UUIDs, without crypto.randomUUID, which http pages lack', () => {
  const { crypto } = globalThis
  vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) })
  const ids = new Set(Array.from({ length: 100 }, () => uuid()))
  expect(ids.size).toBe(100)
  for (const id of ids)
    expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
})

test.each([1_200_000_000_000, 1_767_225_600_000, 2 ** 44 - 1])(
  'its first 48 bits are the time: %i',
  (now) => {
    vi.spyOn(Date, 'now').mockReturnValue(now)
    expect(timeOf(uuid())).toBe(now)
    expect(uuid().replace('-', '').slice(0, 12)).toBe(now.toString(16).padStart(12, '0'))
    vi.restoreAllMocks()
  },
)
