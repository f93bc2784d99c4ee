// Compares the responses that the clients got with the content of the database.
import { expect } from 'vitest'
import type { LoadEntry } from './load.js'

/** A call as the database has it. */
export interface Found {
  id: string
  event_id: string
}

const HEAD = [
  'Fault',
  'sent',
  'deliveries',
  'failed tries',
  'acknowledged',
  'of these noop',
  'found',
  'duplicates',
]
const rows: string[][] = []

/** Acknowledged = found, exactly once each, with the call_id that the client received. */
export const settle = (
  fault: string,
  entries: readonly LoadEntry[],
  found: readonly Found[],
): void => {
  const acknowledged = entries.filter(({ callId }) => callId !== null)
  const ids = new Map(found.map(({ event_id, id }) => [event_id, id]))
  const foundOfSent = entries.filter(({ eventId }) => ids.has(eventId)).length
  const duplicates = found.length - ids.size
  rows.push([
    fault,
    String(entries.length),
    String(entries.reduce((sum, { deliveries }) => sum + deliveries, 0)),
    failedTries(entries),
    String(acknowledged.length),
    String(acknowledged.filter(({ wasNoop }) => wasNoop).length),
    String(foundOfSent),
    String(duplicates),
  ])
  expect(entries.length, 'events were sent').toBeGreaterThan(0)
  expect(
    entries.filter(({ wasDropped }) => wasDropped).flatMap(({ statuses }) => statuses),
    'no answer makes a client drop its event',
  ).toEqual([])
  expect(acknowledged.length, 'every event is acknowledged in the end').toBe(entries.length)
  expect(duplicates, 'rows that are there twice').toBe(0)
  expect(foundOfSent, 'every event is found').toBe(entries.length)
  expect(found.length, 'nothing else is found').toBe(entries.length)
  const mistold = acknowledged.filter(({ eventId, callId }) => callId !== ids.get(eventId))
  expect(mistold, 'events whose client was told another call_id').toEqual([])
}

const failedTries = (entries: readonly LoadEntry[]): string => {
  const counts = new Map<number, number>()
  for (const status of entries.flatMap(({ statuses }) => statuses))
    if (status !== 200) counts.set(status, (counts.get(status) ?? 0) + 1)
  const words = [...counts].map(([status, n]) => `${status === 0 ? 'no answer' : status}: ${n}`)
  return words.join(', ') || 'none'
}

export const allStatuses = (entries: readonly LoadEntry[]): Set<number> =>
  new Set(entries.flatMap(({ statuses }) => statuses))

export const printTable = (): void => {
  const table = [HEAD, HEAD.map(() => '---'), ...rows]
  console.log('\n' + table.map((row) => `| ${row.join(' | ')} |`).join('\n') + '\n')
}
