import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { expect, test } from 'vitest'
import { clientChecks, proxyChecks, serverChecks } from '../../cli/src/conformance/index.js'
import { COVERAGE } from './coverage-map.js'
import { coveragePage, entriesFor, sentencesOf } from './coverage-page.js'

const PAGE = fileURLToPath(new URL('../../docs/conformance-coverage.md', import.meta.url))
const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const checks = [...serverChecks, ...proxyChecks, ...clientChecks]

const contract = read('docs/contract.md')
const all = sentencesOf(contract)
const entries = Object.values(COVERAGE).flatMap((section) => Object.values(section))
const named = entries.flatMap((by) => (typeof by === 'string' ? by.split(', ') : []))

test('every sentence of the contract has its checks, or the reason why it has none', () => {
  expect(all.length).toBeGreaterThan(150)
  expect(all.filter((sentence) => entriesFor(sentence).length === 0)).toEqual([])
})

test('every entry of the map belongs to one sentence', () => {
  const used = all.map((sentence) => `${sentence.section} ${entriesFor(sentence)[0]?.[0]}`)
  const known = Object.entries(COVERAGE).flatMap(([section, map]) =>
    Object.keys(map).map((beginning) => `${section} ${beginning}`),
  )
  expect(used.toSorted()).toEqual(known.toSorted())
})

test('the map names checks that exist', () => {
  const ids = new Set(checks.map(({ id }) => id))
  expect(named.filter((id) => !ids.has(id))).toEqual([])
})

test('every check stands for some sentence', () => {
  expect(checks.map(({ id }) => id).filter((id) => !named.includes(id))).toEqual([])
})

test('the coverage page is generated from the map and the contract', async () => {
  const config = await resolveConfig(PAGE)
  const page = await format(coveragePage(contract), { ...config, parser: 'markdown' })
  await expect(page).toMatchFileSnapshot(PAGE)
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
