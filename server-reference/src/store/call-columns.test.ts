import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CALL_FIELDS, type CallField } from '@opsmantik/tracker/contract'
import { expect, test } from 'vitest'

const FOLDER = fileURLToPath(new URL('../../sql', import.meta.url))
const sql = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.sql'))
  .toSorted()
  .map((name) => readFileSync(join(FOLDER, name), 'utf8'))
  .join('\n')

/** The newest definition of the function that records calls. */
const start = sql.lastIndexOf('create or replace function public.record_calls_v1')
const recording = sql.slice(start, sql.indexOf('\n$$;', start))

/** Returns the names in a list in brackets, for each place where it is found. */
const listsBehind = (text: string, pattern: RegExp): string[][] =>
  [...text.matchAll(pattern)].map(({ 1: list = '' }) =>
    list.split(',').map((part) => part.trim().split(/\s+/)[0]!),
  )

const columns = Object.values<CallField>(CALL_FIELDS)
  .map(({ column }) => column)
  .filter((column) => column !== null)

const table = /create table if not exists public\.calls \([\s\S]+?\n\)/.exec(sql)?.[0] ?? ''

const LISTS: [string, string[][]][] = [
  [
    'the list of the fields that record_calls_v1 reads',
    listsBehind(recording, /json_to_recordset\(p_calls\) as \(([^)]+)\)/g),
  ],
  [
    'the list of the names that it gives them',
    listsBehind(recording, /with ordinality as s \(([^)]+)\)/g),
  ],
  ['the columns that it inserts', listsBehind(recording, /insert into public\.calls \(([^)]+)\)/g)],
  [
    'public.calls',
    [
      [
        ...table.matchAll(/^ {2}(\w+) (?:uuid|text|numeric)\b/gm),
        ...sql.matchAll(/alter table public\.calls add column if not exists (\w+)/g),
      ].map(({ 1: name = '' }) => name),
    ],
  ],
]

test.each(LISTS)('%s has every field of CALL_FIELDS', (_, lists) => {
  // Shorter lists in the same function are of keys alone.
  const [longest = []] = lists.toSorted((a, b) => b.length - a.length)
  expect(columns.filter((column) => !longest.includes(column))).toEqual([])
})

test('record_calls_v1 writes the value of every column that it inserts', () => {
  const values = /insert into public\.calls \([^)]+\)\s*select([\s\S]+?)\bfrom sent\b/.exec(
    recording,
  )
  for (const column of columns) expect(values?.[1]).toMatch(new RegExp(`\\bs\\.${column}\\b`))
})
