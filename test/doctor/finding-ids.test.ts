import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { FINDING_IDS } from '../../cli/src/doctor/index.js'

const FOLDER = fileURLToPath(new URL('.', import.meta.url))
const OWN = /^(finding-ids|runbooks)\.test\.ts$/

/** Ids that the texts of tests name as literals. */
const untested = (text: string): string[] => FINDING_IDS.filter((id) => !text.includes(`'${id}'`))

const tests = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.test.ts') && !OWN.test(name))
  .map((name) => readFileSync(FOLDER + name, 'utf8'))
  .join('\n')

it('every finding has a test', () => {
  expect(untested(tests)).toEqual([])
})

it('a finding without a test is seen', () => {
  const planted = tests.replaceAll("'secret-wrong'", "'secret-wrongs'")
  expect(planted).not.toBe(tests)
  expect(untested(planted)).toEqual(['secret-wrong'])
})

it('each id is there once, in kebab-case', () => {
  expect(new Set(FINDING_IDS).size).toBe(FINDING_IDS.length)
  expect(FINDING_IDS.filter((id) => !/^[a-z][a-z\d]*(-[a-z\d]+)*$/.test(id))).toEqual([])
})
