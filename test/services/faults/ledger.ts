// Holds what the clients were told against what the database has.
import { expect } from 'vitest'
import type { Entry } from './load.js'

/** A call as the database has it. */
export interface Found {
  id: string
  event_id: string
}

const rows: string[][] = []

/** Acknowledged = found, exactly once each, with the call_id that the client was told. */
export const settle = (fault: string, entries: readonly Entry[], found: readonly Found[]): void => {
  const acknowledged = entries.filter(({ callId }) => callId !== null)
  const failed = new Map<number, number>()
  for (const status of entries.flatMap(({ statuses }) => statuses))
    if (status !== 200) failed.set(status, (failed.get(status) ?? 0) + 1)
  const byStatus = [...failed].map(([status, n]) => `${status === 0 ? 'no answer' : status}: ${n}`)
  rows.push([
    fault,
    String(entries.length),
    String(entries.reduce((sum, { deliveries }) => sum + deliveries, 0)),
    byStatus.join(', ') || 'none',
    String(acknowledged.length),
    String(found.length),
  ])
  expect(acknowledged.length, 'every event is acknowledged in the end').toBe(entries.length)
  expect(found.map(({ event_id }) => event_id).toSorted(), 'each is found exactly once').toEqual(
    entries.map(({ eventId }) => eventId).toSorted(),
  )
  const ids = new Map(found.map(({ event_id, id }) => [event_id, id]))
  for (const { eventId, callId } of entries) expect(callId).toBe(ids.get(eventId))
}

export const printTable = (): void => {
  const head = ['Fault', 'sent', 'deliveries', 'failed tries', 'acknowledged', 'found once']
  const table = [head, head.map(() => '---'), ...rows]
  console.log('\n' + table.map((row) => `| ${row.join(' | ')} |`).join('\n') + '\n')
}
