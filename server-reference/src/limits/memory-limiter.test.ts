import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { limits } from '../testing/world.js'
import { createMemoryLimiter } from './memory-limiter.js'
import { rateLimitHeaders } from './rate-limit-headers.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('counts down, refuses, and is full again after a minute', async () => {
  const limiter = createMemoryLimiter(limits({ coarse: 2 }))
  const take = async () => (await limiter.take([{ kind: 'coarse', key: 'a' }]))[0]!
  expect(await take()).toEqual({
    kind: 'coarse',
    limit: 2,
    remaining: 1,
    resetMs: 60_000,
    refused: false,
  })
  vi.advanceTimersByTime(1000)
  expect(await take()).toMatchObject({ remaining: 0, resetMs: 59_000, refused: false })
  expect(await take()).toMatchObject({ remaining: 0, refused: true })
  vi.advanceTimersByTime(59_000)
  expect(await take()).toMatchObject({ remaining: 1, refused: false })
})

it('keeps as many buckets as it may, and gives up the oldest', async () => {
  const limiter = createMemoryLimiter(limits({ coarse: 1 }), 3)
  const refused = async (key: string) => (await limiter.take([{ kind: 'coarse', key }]))[0]!.refused
  for (const key of ['a', 'b', 'c', 'd']) expect(await refused(key)).toBe(false)
  expect(await refused('b')).toBe(true)
  expect(await refused('a')).toBe(false)
})

it('the headers are structured fields, the bucket nearest to its end first', () => {
  const headers = rateLimitHeaders([
    { kind: 'coarse', limit: 300, remaining: 299, resetMs: 60_000, refused: false },
    { kind: 'v1', limit: 80, remaining: 0, resetMs: 1, refused: true },
  ])
  expect(headers).toEqual({
    'RateLimit-Policy': '"v1";q=80;w=60, "coarse";q=300;w=60',
    RateLimit: '"v1";r=0;t=1, "coarse";r=299;t=60',
  })
})
