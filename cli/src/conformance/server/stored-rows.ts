import { CALL_FIELDS_OF_ROWS, fullEvent } from './full-event.js'
import { must, section, type Check } from '../check.js'
import { recordedCalls, type PrintedCall } from './recorded-calls.js'
import { randomFingerprint, type Server } from './server.js'
import { callWays, expectTakenBy } from './ways.js'

const isAbsent = (value: unknown): boolean => value === null || value === undefined

/** Texts must be the same, code point by code point; `value` the same number; an absent field may be null. */
const isSame = (field: string, sent: unknown, stored: unknown): boolean => {
  if (isAbsent(sent)) return isAbsent(stored)
  if (field === 'value') return !isAbsent(stored) && Number(stored) === Number(sent)
  if (field === 'event_id') return String(stored).toLowerCase() === String(sent).toLowerCase()
  return stored === sent
}

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 100 ? `${text.slice(0, 60)}… (${text.length} characters)` : text
}

const expectRow = (rows: PrintedCall[], event: Record<string, unknown>, name: string): void => {
  const own = rows.filter(
    ({ event_id: id }) => String(id).toLowerCase() === String(event['event_id']).toLowerCase(),
  )
  must(
    own.length === 1,
    `${name}: expected one row with event_id ${String(event['event_id'])}, found ${own.length}: ${own.length === 0 ? 'the event is lost' : 'it counts twice'}`,
  )
  const [row] = own as [PrintedCall]
  for (const field of CALL_FIELDS_OF_ROWS)
    must(
      isSame(field, event[field], row[field]),
      `${name}: ${field} was sent as ${shown(event[field])}, and is stored as ${shown(row[field])}`,
    )
}

/** Section 8: what is stored is what was sent, once. Needs `--read-command`. */
export const storedRows: Check<Server>[] = section(8, [
  {
    id: 'read.fields',
    title:
      'Every field is stored as it was sent, nothing lost, cut or changed, and no unknown field is',
    cause:
      'A column that is too short, a field that is not copied, or text that is trimmed or decoded twice.',
    async run(server) {
      const fingerprint = randomFingerprint()
      const unknown = `field_${crypto.randomUUID().replaceAll('-', '')}`
      const sent: [Record<string, unknown>, string][] = []
      for (const way of callWays(server))
        for (const [kind, fields] of fullEvent()) {
          const event = way.event({ fingerprint, ...fields })
          expectTakenBy(way, await way.sendEvent({ ...event, [unknown]: unknown }), kind)
          sent.push([event, `${way.name}, ${kind}`])
        }
      const rows = await recordedCalls(server, fingerprint)
      for (const [event, name] of sent) expectRow(rows, event, name)
      const row = rows.find((one) => JSON.stringify(one).includes(unknown))
      must(!row, `an unknown field was stored: ${unknown} is in ${shown(row)}`)
    },
  },
  {
    id: 'read.once',
    title: 'Each event is one row: repeats add none, and the first body stands',
    cause:
      'An insert without a unique index, an upsert, or an answer that does not come from the database.',
    async run(server) {
      const fingerprint = randomFingerprint()
      const events: Record<string, unknown>[] = []
      for (const way of callWays(server)) {
        const event = way.event({ fingerprint, intent_target: 'the first' })
        events.push(event)
        await Promise.all(
          [0, 1, 2].map((age) => way.sendEvent(event, { ts: String(server.now() - age) })),
        )
        await way.sendEvent(
          { ...event, intent_target: 'the second' },
          { ts: String(server.now() - 4) },
        )
        // Two that differ in the last digit.
        const id = String(event['event_id'])
        const twin = way.event({
          fingerprint,
          event_id: id.slice(0, -1) + (id.endsWith('0') ? '1' : '0'),
        })
        events.push(twin)
        await way.sendEvent(twin)
      }
      const rows = await recordedCalls(server, fingerprint)
      for (const event of events) expectRow(rows, event, 'an event that was sent several times')
      must(
        rows.length === events.length,
        `expected ${events.length} rows, found ${rows.length}: ${JSON.stringify(rows.map(({ event_id: id }) => id))}`,
      )
    },
  },
  {
    id: 'read.without-event-id',
    title: 'An event without event_id is a row, and the very same request again is none',
    cause: 'Only events with an id are stored, or each request is.',
    async run(server) {
      const fingerprint = randomFingerprint()
      for (const way of callWays(server)) {
        const { event_id: _, ...event } = way.event({ fingerprint, intent_target: way.name })
        const ts = String(server.now())
        await way.sendEvent(event, { ts })
        await way.sendEvent(event, { ts })
        await way.sendEvent(event, { ts: String(server.now() - 3) })
      }
      const rows = await recordedCalls(server, fingerprint)
      for (const way of callWays(server)) {
        const own = rows.filter(({ intent_target: target }) => target === way.name)
        must(
          own.length === 2,
          `${way.name}: two events without event_id: expected 2 rows, found ${own.length}`,
        )
      }
    },
  },
  {
    id: 'read.refused',
    title: 'What was refused is in no row',
    cause: 'The row is inserted before the checks are done, or in spite of them.',
    async run(server) {
      const fingerprint = randomFingerprint()
      const wrong = 'not-the-secret-of-this-site'
      for (const way of callWays(server)) {
        const event = (): Record<string, unknown> => way.event({ fingerprint })
        await way.sendEvent(event(), { secret: wrong })
        await way.sendEvent(event(), { ts: '1000000000' })
        await way.sendEvent(event(), { origin: 'https://conformance.invalid' })
        await way.sendEvent({ ...event(), intent_target: 5 })
        await way.sendEvent({ ...event(), site_id: '00000000-0000-4000-8000-00000000dead' })
        await way.sendEvent(event(), { headers: { 'Content-Type': 'application/xml' } })
      }
      const rows = await recordedCalls(server, fingerprint)
      must(rows.length === 0, `expected no row, found ${rows.length}: ${shown(rows[0])}`)
    },
  },
])
