import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  CALL_FIELDS,
  FAULTS,
  REFUSALS,
  WARNINGS,
  type CallField,
} from '../../src/contract/index.js'
import { syncEventSchema } from '../../server-reference/src/steps/schema.js'
import { call, event, pageEvent, sync } from '../../server-reference/src/testing/call.js'
import { createWorld } from '../../server-reference/src/testing/world.js'
import { appOf, URL_OF_APP } from './reference.js'

const read = (path: string): string =>
  readFileSync(new URL(`../../docs/${path}`, import.meta.url), 'utf8')

/** Reads the last table of a page whose head begins with this cell: its rows, without head and rule. */
const table = (page: string, head: string): string[][] => {
  const lines = page
    .slice(page.search(new RegExp(`\\| ${head} +\\|(?![^]*\\| ${head} +\\|)`)))
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

test('the contract lists every code with its status, when it comes, who fixes it and what a client does', () => {
  const cell = (text: string): string => text.replaceAll(/`/g, '')
  const rows = table(read('contract.md'), 'Code')
  expect(
    rows.map(([code, status, , , , fixer, client, error, remedy]) =>
      [code, status, error, fixer, client, remedy].map((text) => cell(text!)),
    ),
  ).toEqual(
    Object.entries(REFUSALS).map(([code, { status, error, fixedBy, fault, remedy }]) => [
      code,
      String(status),
      error,
      fixedBy,
      FAULTS[fault].client,
      remedy,
    ]),
  )
  for (const [code, , when, fields, headers] of rows)
    expect(
      [when, fields, headers].map((text) => text !== ''),
      code,
    ).toEqual([true, true, true])
})

/** Reads the rows of a section's table whose first cell is a name: the name, and the further cells. */
const fieldsOf = (section: string, next: string): Record<string, string[]> => {
  const page = read('contract.md')
  const lines = page
    .slice(page.indexOf(`\n## ${section}.`), page.indexOf(`\n## ${next}.`))
    .split('\n')
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, name, cells] = /^\| `(\w+)` +\|(.*)\|$/.exec(line) ?? []
      return name ? [[name, cells!.split(/(?<!\\)\|/).map((text) => text.trim())]] : []
    }),
  )
}

test('section 6 of the contract lists every field of a call event: type, length, required, null', () => {
  const types = { text: 'string', uuid: 'UUID', numeric: 'number or numeric string' }
  const expected = Object.entries<CallField>(CALL_FIELDS).map(
    ([name, { type, min = 0, max, required = false, nullable = false }]) => [
      name,
      types[type],
      type === 'uuid' ? String(max) : `${min}–${max}`,
      required ? 'yes' : 'no',
      nullable ? 'as absent' : 'refused',
    ],
  )
  const listed = Object.entries(fieldsOf('6', '7')).map(([name, cells]) => [
    name,
    ...cells.slice(0, 4),
  ])
  expect(listed).toEqual(expected)
})

const VIEW = { s: 'x', u: 'x', sid: 'x', sm: '2026-11-01', ec: 'x', ea: 'x' }
const isTaken = (view: object): boolean => syncEventSchema.safeParse(view).success

test('section 10 of the contract lists every field of a sync event as the server has it', () => {
  const fields = fieldsOf('10', '11')
  expect(Object.keys(fields).toSorted()).toEqual(Object.keys(syncEventSchema.shape).toSorted())
  for (const [name, [type, length, required, nullOf]] of Object.entries(fields)) {
    const without = Object.fromEntries(Object.entries(VIEW).filter(([field]) => field !== name))
    expect(isTaken(without), `${name} is absent`).toBe(required === 'no')
    expect(isTaken({ ...VIEW, [name]: null }), `${name} is null`).toBe(nullOf === 'as absent')
    if (type !== 'string' || name === 'sm') continue
    const [min, max] = length!.split('–').map(Number)
    const isLengthTaken = (n: number): boolean => isTaken({ ...VIEW, [name]: '😀'.repeat(n) })
    expect(
      [min, max].map((n) => isLengthTaken(n!)),
      name,
    ).toEqual([true, true])
    expect([min! > 0 && isLengthTaken(min! - 1), isLengthTaken(max! + 1)], name).toEqual([
      false,
      false,
    ])
  }
})

test('section 11 of the contract lists every field of health', async () => {
  const health = await appOf()(new Request(`${URL_OF_APP}/api/health`))
  const shown = Object.keys((await health.json()) as object)
  const known = fieldsOf('11', '12')
  const required = Object.keys(known).filter((name) => known[name]![1] === 'yes')
  expect(required.filter((name) => !shown.includes(name))).toEqual([])
  // Section 11 allows further ones.
  expect(shown.filter((name) => !(name in known))).toEqual(['feed', 'environment', 'request_id'])
})

test('section 12 of the contract lists every field of the messages that the server publishes', async () => {
  const world = createWorld()
  const messages: object[] = []
  world.feed.subscribe((message) => messages.push(message))
  await call(world, { body: event({ intent_action: 'phone' }) })
  await sync(world, pageEvent({ meta: { fp: 'visitor' } }))
  await call(world, { headers: { Origin: 'https://evil.example' } })
  const page = read('contract.md')
  const rows = table(page, 'Field of a message').map(([name, of, ...cells]) => ({
    name: name!.replaceAll('`', ''),
    of: of!.replaceAll('`', '').split(', '),
    type: cells[0]!.replaceAll('`', ''),
    isNullable: cells[2] !== 'never',
  }))
  const types = new Set<string>()
  for (const message of messages as Record<string, unknown>[]) {
    const type = String(message['type'])
    types.add(type)
    const own = rows.filter(({ of }) => of.includes('all') || of.includes(type))
    const optional = own.filter(({ of }) => of.includes('optional')).map(({ name }) => name)
    expect([...new Set([...Object.keys(message), ...optional])].toSorted(), type).toEqual(
      own.map(({ name }) => name).toSorted(),
    )
    for (const { name, type: jsonType, isNullable } of own) {
      const value = message[name]
      if (value === undefined || (value === null && isNullable)) continue
      const kind = jsonType === 'integer' ? 'number' : jsonType === 'true' ? 'boolean' : 'string'
      expect(typeof value, `${type}.${name}`).toBe(kind)
    }
  }
  expect([...types].toSorted()).toEqual(['call', 'refused', 'sync'])
})
