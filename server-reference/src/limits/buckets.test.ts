import { expect, it } from 'vitest'
import { createBuckets, hear } from './buckets.js'

it('a bucket is unknown until Redis replies, and known until its window ends', () => {
  const bucket = createBuckets().at('a', 'owner')
  expect(bucket.ends).toBe(-Infinity)
  hear(bucket, 5, 1_000, 100)
  expect(bucket).toMatchObject({ count: 5, ends: 1_100 })
})

it('a reply that was overtaken does not take counts back, and a new window begins anew', () => {
  const bucket = createBuckets().at('a', 'owner')
  hear(bucket, 9, 60_000, 0)
  hear(bucket, 7, 59_995, 10)
  expect(bucket.count).toBe(9)
  hear(bucket, 1, 60_000, 60_100)
  expect(bucket.count).toBe(1)
})

it('is bounded, and forgets the oldest first', () => {
  const buckets = createBuckets(2)
  const [a, b, c] = ['a', 'b', 'c'].map((key) => buckets.at(key, 'owner'))
  expect([buckets.at('b', 'owner'), buckets.at('c', 'owner')]).toEqual([b, c])
  expect(buckets.at('c', 'owner')).toBe(c)
  expect(buckets.at('a', 'owner')).not.toBe(a)
})

it('a request that holds a bucket which was forgotten no longer believes it', () => {
  const buckets = createBuckets()
  const bucket = buckets.at('a', 'owner')
  hear(bucket, 5, 1_000, 0)
  buckets.forget()
  expect(bucket.ends).toBe(-Infinity)
  expect(buckets.at('a', 'owner')).not.toBe(bucket)
})
