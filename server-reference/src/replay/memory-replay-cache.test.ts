import { REPLAY_TTL_MS } from '@opsmantik/tracker/contract'
import { expect, it } from 'vitest'
import { createMemoryReplayCache } from './memory-replay-cache.js'

const seen = { callId: 'c', digest: 'd' }

it('remembers a key for ten minutes', async () => {
  let now = 0
  const cache = createMemoryReplayCache(() => now)
  await cache.set('k', seen)
  now = REPLAY_TTL_MS - 1
  expect(await cache.get('k')).toMatchObject(seen)
  now = REPLAY_TTL_MS
  expect(await cache.get('k')).toBeUndefined()
})

it('keeps as many keys as it may, and forgets the oldest', async () => {
  const cache = createMemoryReplayCache(() => 0, 2)
  for (const key of ['a', 'b', 'c']) await cache.set(key, seen)
  expect(await Promise.all(['a', 'b', 'c'].map((key) => cache.get(key)))).toEqual([
    undefined,
    expect.objectContaining(seen),
    expect.objectContaining(seen),
  ])
})
