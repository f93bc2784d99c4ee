import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { isOutdated } from './is-outdated.mjs'

let root: string
const file = (path: string, time: number): void => {
  writeFileSync(join(root, path), '')
  utimesSync(join(root, path), time, time)
}
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'opsmantik-serve-'))
  mkdirSync(join(root, 'src/deep'), { recursive: true })
  file('src/deep/a.ts', 1_000)
  file('config.mjs', 1_000)
})
afterEach(() => rmSync(root, { recursive: true }))

it('what was built after every source is up to date, whenever a test was changed', () => {
  file('built.js', 2_000)
  file('src/a.test.ts', 3_000)
  expect(isOutdated(root, ['src', 'config.mjs'], ['built.js'])).toBe(false)
})

it('a source that is newer than one of the results, anywhere in a folder, makes them outdated', () => {
  file('built.js', 2_000)
  file('other.js', 900)
  expect(isOutdated(root, ['src', 'config.mjs'], ['built.js', 'other.js'])).toBe(true)
  file('other.js', 2_000)
  file('src/deep/a.ts', 2_500)
  expect(isOutdated(root, ['src', 'config.mjs'], ['built.js', 'other.js'])).toBe(true)
})

it('a result that is missing is outdated', () => {
  expect(isOutdated(root, ['src'], ['built.js'])).toBe(true)
})
