import { expect, test } from 'vitest'
import { TURKISH_FINDINGS } from '../../server-reference/console/texts-tr.js'
import { setupFinding, SETUP_SENTENCES } from './findings.js'

const values = (text: string): string[] =>
  [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!))].sort()

test('each sentence is there in Turkish, with the same values', () => {
  const turkish: Record<string, string[]> = TURKISH_FINDINGS
  expect(Object.keys(turkish).sort()).toEqual(Object.keys(SETUP_SENTENCES).sort())
  for (const [id, { title, fix }] of Object.entries(SETUP_SENTENCES))
    expect(turkish[id]!.map(values), id).toEqual([values(title), values(fix)])
})

test('a finding has its values in title and fix', () => {
  const { title, fix } = setupFinding('page-policy-forbids', {
    target: 'https://console.example',
    directive: "connect-src 'self'",
  })
  expect(title).toContain(`https://console.example: "connect-src 'self'"`)
  expect(fix).toMatch(/^connect-src .* https:\/\/console\.example;/)
})
