import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  CALL_FIELDS,
  FAULTS,
  REFUSALS,
  WARNINGS,
  type CallField,
} from '../../src/contract/index.js'

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

test('section 6 of the contract lists every field of a call event, with its length', () => {
  const page = read('contract.md')
  const section = page.slice(page.indexOf('\n## 6.'), page.indexOf('\n## 7.'))
  const rows = section.split('\n').filter((line) => line.startsWith('| `'))
  const listed = rows.flatMap((row) =>
    [...row.split('|')[1]!.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  )
  expect(listed).toEqual(Object.keys(CALL_FIELDS))
  for (const [name, { type, max, nullable = false }] of Object.entries<CallField>(CALL_FIELDS)) {
    const [, , says] = rows.find((row) => row.includes(`\`${name}\``))!.split('|')
    if (type === 'text') expect(says, name).toMatch(new RegExp(`\\b${max}\\b`))
    expect(says!.includes('null'), name).toBe(nullable)
  }
})
