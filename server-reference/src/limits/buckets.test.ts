import { expect, it } from 'vitest'
import { createBuckets } from './buckets.js'

it('knows a bucket until its window ends', () => {
  let now = 0
  const buckets = createBuckets(() => now)
  buckets.hear('a', 5, 1_000)
  now = 999
  expect(buckets.known('a')).toMatchObject({ count: 5 })
  now = 1_000
  expect(buckets.known('a')).toBeUndefined()
})

it('a reply that was overtaken does not take counts back, and a new window begins anew', () => {
  let now = 0
  const buckets = createBuckets(() => now)
  buckets.hear('a', 9, 60_000)
  now = 10
  buckets.hear('a', 7, 59_995)
  expect(buckets.known('a')).toMatchObject({ count: 9 })
  now = 60_100
  buckets.hear('a', 1, 60_000)
  expect(buckets.known('a')).toMatchObject({ count: 1 })
})

it('is bounded', () => {
  const buckets = createBuckets(() => 0, 2)
  for (const key of ['a', 'b', 'c']) buckets.hear(key, 1, 1)
  expect(['a', 'b', 'c'].filter((key) => buckets.known(key))).toEqual(['b', 'c'])
})
