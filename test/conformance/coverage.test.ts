import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { clientChecks, proxyChecks, serverChecks } from '../../src/conformance/index.js'

const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const checks = [...serverChecks, ...proxyChecks, ...clientChecks]

/** Letters, digits and the signs that carry meaning; not how the two pages write tables and links. */
const bare = (text: string): string =>
  text.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll(/[\s|\\—*-]/g, '')

/** The sentences and table rows of the contract, section 15 aside. */
const sentences = (): string[] =>
  read('docs/contract.md')
    .split(/^## /m)
    .slice(1)
    .filter((section) => !section.startsWith('15'))
    .flatMap((section) =>
      section
        .split('\n')
        .slice(1)
        .join('\n')
        .split(/\n(?=\s*[-|\d])|\n\n/),
    )
    .map((block) => block.replaceAll(/\s+/g, ' ').trim())
    .filter((block) => block !== '' && !/^\|?[\s|:-]+\|$/.test(block))
    .flatMap((block) =>
      block.startsWith('|') ? [block] : block.split(/(?<=[.;])\s+(?=[A-Z`*\d(])/),
    )
    .filter((sentence) => !/^\d+\.$/.test(sentence))

const rows = read('docs/conformance-coverage.md')
  .split('\n')
  .filter((line) => line.startsWith('|') && !/^\|[\s|:-]+\|$/.test(line))
  .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
  .map(([, sentence = '', by = '']) => ({ sentence: bare(sentence), by }))

test('every sentence of the contract has its row', () => {
  const known = new Set(rows.map(({ sentence }) => sentence))
  expect(sentences().filter((sentence) => !known.has(bare(sentence)))).toEqual([])
})

test('every row names checks that exist, or a reason', () => {
  const ids = new Set(checks.map(({ id }) => id))
  for (const { sentence, by } of rows)
    if (!/^(Not seen from outside: .{10,}|Says what the others are about\.|Looked at by)$/.test(by))
      for (const id of by.split(', ')) expect(ids, sentence).toContain(id)
})

test('every check stands for some sentence', () => {
  const named = new Set(rows.flatMap(({ by }) => by.split(', ')))
  expect(checks.map(({ id }) => id).filter((id) => !named.has(id))).toEqual([])
})

test('ids are permanent: reports and baselines of years ago name them', () => {
  const kept = read('test/conformance/ids.txt').trim().split('\n')
  const now = checks.map(({ id, level }) => `${id} ${level}`)
  expect(now.toSorted()).toEqual(kept.toSorted())
  expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length)
})

test('every check says what usually causes its failure', () => {
  for (const { id, title, cause } of checks) {
    expect(title.length, id).toBeGreaterThan(10)
    expect(cause.length, id).toBeGreaterThan(5)
  }
})
