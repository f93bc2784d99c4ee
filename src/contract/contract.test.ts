import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

test('the contract imports nothing but itself', () => {
  const folder = new URL('.', import.meta.url)
  const sources = readdirSync(folder).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
  )
  expect(sources.length).toBeGreaterThan(5)
  for (const name of sources) {
    const source = readFileSync(new URL(name, folder), 'utf8')
    for (const [, from] of source.matchAll(/\bfrom '([^']+)'/g))
      expect(from, name).toMatch(/^\.\/[\w-]+\.js$/)
  }
})
