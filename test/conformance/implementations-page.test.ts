import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { CONTRACT_VERSION } from '../../src/contract/index.js'
import { PROFILES } from '../../cli/src/conformance/profiles.js'

const page = readFileSync(new URL('../../docs/implementations.md', import.meta.url), 'utf8')
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (Server +\||-)/.test(line))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )

test('both servers of the repository are on the page, with the version of the contract', () => {
  expect(rows.map(([, source]) => /\]\((.*?)\)/.exec(source!)?.[1])).toEqual([
    '../server-reference/README.md',
    '../examples/server-python/README.md',
  ])
  expect(rows.map(([, , contract]) => contract)).toEqual(rows.map(() => CONTRACT_VERSION))
})

test('each verdict is a sentence of the kit: conformant, with profiles that the kit has, and nothing failed', () => {
  for (const [name, , , verdict, checks] of rows) {
    const [, profiles] =
      new RegExp(`^Conformant with contract ${CONTRACT_VERSION}: ([a-z, ]+)\\.`).exec(verdict!) ??
      []
    expect(profiles, name).toBeDefined()
    expect(
      profiles!.split(', ').filter((profile) => !(PROFILES as readonly string[]).includes(profile)),
      name,
    ).toEqual([])
    expect(profiles, name).toContain('ingest, sync, limits')
    expect(checks, name).toMatch(/^\d+ passed, 0 failed, \d+ not run$/)
  }
})
