import { CALL_FIELDS, type CallField } from '@opsmantik/tracker/contract'
import { must, section, type Check } from '../check.js'
import { expectNoop } from '../expect.js'
import { expectIssue } from './issues.js'
import { NOT_NUMERIC, NUMERIC } from './numbers.js'
import type { Server } from './server.js'
import { callWays, expectRefusedBy, expectTakenBy, signedWays, type Way } from './ways.js'

const FIELDS = Object.entries<CallField>(CALL_FIELDS)
const namesOf = (isMeant: (field: CallField) => boolean): string[] =>
  FIELDS.filter(([, field]) => isMeant(field)).map(([name]) => name)
const NULLABLE = namesOf(({ nullable }) => nullable === true)
const NOT_NULLABLE = namesOf(({ nullable }) => nullable !== true)
/** Texts that may be empty. */
const EMPTY = namesOf(({ type, required }) => type === 'text' && required !== true)

const refused = async (way: Way, fields: object, field: string, why: string): Promise<void> => {
  const answer = await way.sendEvent(way.event(fields))
  expectRefusedBy(way, answer, 400, 'INVALID_BODY', why)
  expectIssue(answer, field, `${way.name}: ${why}`)
}

const taken = async (way: Way, fields: object, why: string): Promise<void> =>
  expectTakenBy(way, await way.sendEvent(way.event(fields)), why)

/** Section 6: what each field of a call event may hold, row by row. */
export const bodyFields: Check<Server>[] = section(6, [
  {
    id: 'body.null',
    title: 'Fields that may be null are accepted as null',
    cause: 'A schema that knows optional, and not nullable; WordPress sends null.',
    async run(server) {
      for (const way of callWays(server))
        for (const field of NULLABLE) await taken(way, { [field]: null }, `${field}: null`)
    },
  },
  {
    id: 'body.not-null',
    title: 'null is 400 INVALID_BODY in every field that may not be null',
    cause: 'null is read as absent everywhere: an event without its id can be counted twice.',
    async run(server) {
      for (const way of callWays(server))
        for (const field of NOT_NULLABLE)
          await refused(way, { [field]: null }, field, `${field}: null`)
    },
  },
  {
    id: 'body.empty-texts',
    title: 'Every text but fingerprint may be empty',
    cause: 'A framework that takes an empty text for a missing one, or a minimum of one character.',
    async run(server) {
      for (const way of callWays(server)) {
        await taken(
          way,
          Object.fromEntries(EMPTY.map((name) => [name, ''])),
          'every optional text empty',
        )
        await refused(way, { fingerprint: '' }, 'fingerprint', 'an empty fingerprint')
      }
    },
  },
  {
    id: 'body.value',
    title: 'value is a finite number, a numeric string of at most 64 characters or null',
    cause: 'Only numbers are taken, or whatever the language’s own conversion takes.',
    async run(server) {
      for (const way of callWays(server)) {
        for (const value of NUMERIC) await taken(way, { value }, `value: ${JSON.stringify(value)}`)
        for (const value of NOT_NUMERIC)
          await refused(way, { value }, 'value', `value: ${JSON.stringify(value)}`)
      }
    },
  },
  {
    id: 'body.doubled-key',
    title: 'If a key is there twice the last one counts, or the body is 400 INVALID_JSON',
    cause: 'A parser that keeps the first: what was verified and what is recorded differ.',
    async run(server) {
      for (const way of signedWays(server)) {
        const [first, last] = [crypto.randomUUID(), crypto.randomUUID()]
        const body = JSON.stringify(way.event({ event_id: last }))
        const answer = await way.send(body.replace('{', `{"event_id":"${first}",`))
        if (answer.status === 400) {
          expectRefusedBy(way, answer, 400, 'INVALID_JSON', 'event_id twice')
          continue
        }
        expectTakenBy(way, answer, 'event_id twice')
        if (way.siteField === 's') continue
        const why = `${way.name}: event_id was there twice, and this is the last one`
        expectNoop(await way.sendEvent(way.event({ event_id: last })), why)
        const other = 'the first of two event_ids, which is another event'
        expectTakenBy(way, await way.sendEvent(way.event({ event_id: first })), other)
      }
    },
  },
  {
    id: 'body.issues-discreet',
    title: 'issues name fields and repeat no value of the body',
    cause:
      'The validator’s own message is passed on, which quotes what it received: a visitor’s data ends in logs.',
    async run(server) {
      for (const way of signedWays(server)) {
        const marker = crypto.randomUUID().replaceAll('-', '')
        for (const fields of [
          { [way.textField]: marker.repeat(100) },
          { [way.textField]: { [marker]: marker } },
          { event_id: marker + '!' },
          way.siteField === 's' ? { ev: marker } : { value: marker },
        ]) {
          const answer = await way.sendEvent(way.event(fields))
          const [field] = Object.keys(fields)
          expectRefusedBy(way, answer, 400, 'INVALID_BODY', `${field} that is not valid`)
          must(
            !answer.text.includes(marker),
            `${way.name}: the refusal of ${field} should not repeat what was sent, and has ${marker.slice(0, 8)}… in it: ${answer.text.slice(0, 200)}`,
            answer,
          )
        }
      }
    },
  },
])
