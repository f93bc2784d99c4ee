import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { FAULTS, REFUSALS, WARNINGS } from '../../src/contract/index.js'

const read = (path: string): string =>
  readFileSync(new URL(`../../docs/${path}`, import.meta.url), 'utf8')

/** Reads the last table of a page whose head begins with this cell: its rows, without head and rule. */
const table = (page: string, head: string): string[][] => {
  const lines = page
    .slice(page.lastIndexOf(`| ${head} `))
    .split('\n\n')[0]!
    .split('\n')
    .slice(2)
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

test('the runbooks list every warning of health with its meaning', () => {
  expect(table(read('runbooks/README.md').trimEnd(), 'Code')).toEqual(
    Object.entries(WARNINGS).map(([code, meaning]) => [`\`${code}\``, meaning]),
  )
})

test('the contract lists every code with its status, who fixes it and what a client does', () => {
  const cell = (text: string): string => text.replaceAll(/`/g, '')
  expect(table(read('contract.md'), 'Code').map((row) => row.map(cell))).toEqual(
    Object.entries(REFUSALS).map(([code, { status, error, fixedBy, fault, remedy }]) => [
      code,
      String(status),
      error,
      fixedBy,
      FAULTS[fault].client,
      remedy,
    ]),
  )
})
