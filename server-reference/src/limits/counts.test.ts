import { expect, it } from 'vitest'
import { clientCounts, syncCounts, v1Counts, v2Counts } from './counts.js'

const inShort = (counts: ReturnType<typeof clientCounts>): string[] =>
  counts.map(({ kind, owner, key, weight = 1 }) => `${kind} ${owner} ${key} ×${weight}`)

it('every step counts for one owner, the narrowest bucket first, so that no refusal uses up a wider one', () => {
  expect(inShort(clientCounts('coarse', 'A', 'A agent'))).toEqual([
    'address A  ×1',
    'coarse A A agent ×1',
  ])
  expect(inShort(v1Counts('S', 'A agent', 'A'))).toEqual([
    'v1 S A agent ×1',
    'share S call|A ×1',
    'site S call ×1',
  ])
  expect(inShort(v2Counts('S', 'shop.example', 'V'))).toEqual([
    'v2 S shop.example|V ×1',
    'share S call|V ×1',
    'site S call ×1',
  ])
  expect(inShort(syncCounts('S', 'A', 20))).toEqual(['share S sync|A ×20', 'site S sync ×20'])
})

it('no user agent can write the key of another bucket', () => {
  const keys = ['a|b', 'a', 'a%7Cb', 'a%b'].map((agent) => v1Counts('S', agent, 'A')[0]!.key)
  expect(new Set(keys).size).toBe(4)
  for (const key of keys) expect(key).not.toContain('|')
})
