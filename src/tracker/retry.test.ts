import { afterEach, expect, test, vi } from 'vitest'
import { retryDelay as delay } from './retry.js'

const now = Date.UTC(2026, 0, 1)
afterEach(() => vi.restoreAllMocks())

const retryDelay = (
  failures: number,
  retryAfter: string | null,
  at: number,
  random: number,
): number => {
  vi.spyOn(Date, 'now').mockReturnValue(at)
  vi.spyOn(Math, 'random').mockReturnValue(random)
  return delay(failures, retryAfter)
}

test('the first retry comes within two seconds', () => {
  expect(retryDelay(1, null, now, 0)).toBe(0)
  expect(retryDelay(1, null, now, 0.999_999)).toBeLessThan(2_000)
})

test('each further retry may wait twice as long, with full jitter', () => {
  expect(retryDelay(2, null, now, 0.5)).toBe(2_000)
  expect(retryDelay(5, null, now, 0.5)).toBe(16_000)
})

test('retries are at most ten minutes apart, however many failed', () => {
  expect(retryDelay(2_000, null, now, 1)).toBe(600_000)
})

test('Retry-After in seconds is obeyed', () => {
  expect(retryDelay(1, '10', now, 0)).toBe(10_000)
})

test('Retry-After as an HTTP date is obeyed', () => {
  expect(retryDelay(1, new Date(now + 90_000).toUTCString(), now, 0)).toBe(90_000)
})

test('Retry-After is believed up to a day', () => {
  expect(retryDelay(1, '99999999', now, 0)).toBe(86_400_000)
})

test.each(['soon', '-5', '0', 'Thu, 01 Jan 1970 00:00:00 GMT'])(
  'Retry-After: %s says nothing, so backoff decides',
  (value) => {
    expect(retryDelay(1, value, now, 0.5)).toBe(1_000)
  },
)
