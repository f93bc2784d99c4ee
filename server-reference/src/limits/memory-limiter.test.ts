import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { limits } from '../testing/world.js'
import { syncCounts } from './counts.js'
import { createMemoryLimiter } from './memory-limiter.js'
import { rateLimitHeaders } from './rate-limit-headers.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('counts down, refuses, and is full again after a minute', async () => {
  const limiter = createMemoryLimiter(limits({ coarse: 2 }))
  const take = async () => (await limiter.take([{ kind: 'coarse', owner: 'a', key: '' }]))[0]!
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

it('stops at the bucket that refuses: what one client is refused does not use up its site', async () => {
  const limiter = createMemoryLimiter(limits({ share: 1, site: 3 }))
  const take = async (address: string) =>
    (await limiter.take(syncCounts('site', address, 1))).map(({ kind, refused }) => [kind, refused])
  expect(await take('a')).toEqual([
    ['share', false],
    ['site', false],
  ])
  for (let n = 0; n < 10; n++) expect(await take('a')).toEqual([['share', true]])
  expect(await take('b')).toEqual([
    ['share', false],
    ['site', false],
  ])
})

it('a batch counts as many as it has events', async () => {
  const limiter = createMemoryLimiter(limits({ share: 30 }))
  const take = async () => (await limiter.take(syncCounts('site', 'a', 20)))[0]!
  expect(await take()).toMatchObject({ remaining: 10, refused: false })
  expect(await take()).toMatchObject({ remaining: 0, refused: true })
})

it('a policy is listed once, with the bucket that is nearest to its end', () => {
  const share = { kind: 'share', limit: 30, refused: false } as const
  const headers = rateLimitHeaders([
    { ...share, remaining: 20, resetMs: 60_000 },
    { kind: 'site', limit: 90, remaining: 15, resetMs: 60_000, refused: false },
    { ...share, remaining: 10, resetMs: 30_000 },
    { ...share, remaining: 25, resetMs: 10_000 },
  ])
  expect(headers).toEqual({
    'RateLimit-Policy': '"share";q=30;w=60, "site";q=90;w=60',
    RateLimit: '"share";r=10;t=30, "site";r=15;t=60',
  })
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
