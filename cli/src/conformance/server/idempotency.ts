import { CALL_EVENT_V1, CALL_EVENT_V2 } from '@opsmantik/tracker/contract'
import { must, section, type Check } from '../check.js'
import type { Exchange } from '../../probe/exchange.js'
import { expectNoop, expectTaken } from '../expect.js'
import { randomFingerprint, type Server } from './server.js'
import { callWays, expectTakenBy, type Way } from './ways.js'

const AT_ONCE = 12

/** A UUID of version 4, or of version 7 whose first 48 bits are now. */
const eventId = (version: number, now: number): string => {
  const id = crypto.randomUUID()
  if (version === 4) return id
  const time = (now * 1000).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${id.slice(15)}`
}

/** A `noop` may leave `call_id` out; one that it names is the first one's. */
const expectSameCall = (first: Exchange, again: Exchange, name: string): void => {
  const [before, after] = [first.json['call_id'], again.json['call_id']]
  must(
    after === undefined || after === before,
    `${name}: call_id of the noop should be ${String(before)}, the first one's; it is ${String(after)}`,
    first,
    again,
  )
}

const expectOtherCalls = (answers: Exchange[], name: string): void => {
  const ids = answers.map(({ json }) => json['call_id'])
  must(
    new Set(ids).size === ids.length,
    `${name}: ${ids.length} different events got ${new Set(ids).size} call_ids: ${ids.join(', ')}`,
    ...answers.slice(-2),
  )
}

export const idempotency: Check<Server>[] = section(8, [
  {
    id: 'idempotency.event-id',
    title: 'The same event_id again is 200 noop with the same call_id',
    cause:
      'Nothing is stored under (site_id, event_id), or a repeat gets a call_id that was made for it and is in no row.',
    async run(server) {
      for (const way of callWays(server))
        for (const version of [4, 7]) {
          const event = way.event({ event_id: eventId(version, server.now()) })
          const first = await way.sendEvent(event)
          expectTakenBy(way, first, `the first, with an event_id of version ${version}`)
          const again = await way.sendEvent(event, { ts: String(server.now() - 5) })
          expectNoop(again, `${way.name}: the second, freshly signed`)
          expectSameCall(first, again, way.name)
          const third = await way.sendEvent(event, { ts: String(server.now() - 9) })
          expectNoop(third, `${way.name}: the third`)
          expectSameCall(first, third, way.name)
        }
    },
  },
  {
    id: 'idempotency.other-body',
    title: 'If the body differs from the first one’s, the first stands',
    cause: 'An upsert, or a replay key that is a hash of the body.',
    async run(server) {
      for (const way of callWays(server)) {
        const event = way.event()
        const first = await way.sendEvent(event)
        expectTakenBy(way, first, 'the first')
        for (const fields of [{ intent_target: 'another' }, { fingerprint: randomFingerprint() }]) {
          const other = await way.sendEvent({ ...event, ...fields })
          const said = `the same event_id with another ${Object.keys(fields)[0]}`
          expectNoop(other, `${way.name}: ${said}`)
          expectSameCall(first, other, way.name)
        }
      }
    },
  },
  {
    id: 'idempotency.both-endpoints',
    title: 'An event that came by V1 is known when it comes by V2',
    cause:
      'Each endpoint has replay keys of its own: a site that moves behind a proxy counts twice.',
    async run(server) {
      const [v1, v2] = callWays(server) as [Way, Way]
      for (const [before, after] of [
        [v1, v2],
        [v2, v1],
      ] as const) {
        const event = before.event()
        const first = await before.sendEvent(event)
        expectTakenBy(before, first, 'the first')
        const again = await after.sendEvent(event)
        expectNoop(again, `the same by ${after.name} after ${before.name}`)
        expectSameCall(first, again, after.name)
      }
    },
  },
  {
    id: 'idempotency.at-once',
    title: 'Equal events at the same moment give exactly one row',
    cause: 'Look first, insert then: between the two is room for another.',
    async run(server) {
      for (const paths of [
        [CALL_EVENT_V1, CALL_EVENT_V2],
        [CALL_EVENT_V1, CALL_EVENT_V1],
        [CALL_EVENT_V2, CALL_EVENT_V2],
      ]) {
        const event = server.event()
        const answers = await Promise.all(
          Array.from({ length: AT_ONCE }, (_, i) =>
            server.call(event, { path: paths[i % 2]!, ts: String(server.now() - i) }),
          ),
        )
        const where = paths.join(' and ')
        for (const answer of answers) expectTaken(answer, `${where}: one of ${AT_ONCE}`)
        const recorded = answers.filter(({ json }) => json['status'] !== 'noop')
        must(
          recorded.length === 1,
          `${where}: expected 1 of ${AT_ONCE} equal events to be recorded, ${recorded.length} were`,
          ...answers.slice(0, 2),
        )
        const ids = new Set(answers.map(({ json }) => json['call_id']).filter(Boolean))
        must(
          ids.size === 1,
          `${where}: expected one call_id, got ${ids.size}`,
          ...answers.slice(0, 2),
        )
      }
    },
  },
  {
    id: 'idempotency.two-events',
    title: 'Two intents of one visitor are two events',
    cause: 'Duplicates are found by fingerprint, by target or by time.',
    async run(server) {
      for (const way of callWays(server)) {
        const event = way.event({ intent_target: '+905000000000' })
        const first = await way.sendEvent(event)
        const second = await way.sendEvent({ ...event, event_id: crypto.randomUUID() })
        expectTakenBy(way, first, 'the first')
        expectTakenBy(way, second, 'the same but for its event_id')
        expectOtherCalls([first, second], way.name)
      }
    },
  },
  {
    id: 'idempotency.last-digit',
    title:
      'Event ids that differ in their last digit are two events, of version 4 and of version 7',
    cause: 'Ids are cut, or compared by their first bits, which in version 7 are the time.',
    async run(server) {
      for (const way of callWays(server))
        for (const version of [4, 7]) {
          const id = eventId(version, server.now())
          const answers: Exchange[] = []
          // The digits of a UUID that programs cut off: its end, and all but its beginning.
          for (const event_id of [
            ...['0', '1', 'f'].map((digit) => id.slice(0, -1) + digit),
            id.replace(/(?<=-)[^-]/, (digit) => (digit === '0' ? '1' : '0')),
            id.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
          ]) {
            const answer = await way.sendEvent(way.event({ event_id }))
            expectTakenBy(way, answer, `event_id ${event_id}, one digit away from another`)
            answers.push(answer)
          }
          expectOtherCalls(answers, way.name)
        }
    },
  },
  {
    id: 'idempotency.signature',
    title: 'Without event_id the same signed request again is noop, and a newly signed one is not',
    cause: 'Events without event_id are not looked at, or are told apart by their body.',
    async run(server) {
      for (const way of callWays(server)) {
        const { event_id: _, ...event } = way.event({ intent_target: crypto.randomUUID() })
        const ts = String(server.now())
        expectTakenBy(way, await way.sendEvent(event, { ts }), 'the first')
        expectNoop(await way.sendEvent(event, { ts }), `${way.name}: the very same request`)
        expectTakenBy(
          way,
          await way.sendEvent(event, { ts: String(server.now() - 3) }),
          'signed anew',
        )
        expectTakenBy(
          way,
          await way.sendEvent({ ...event, intent_target: crypto.randomUUID() }, { ts }),
          'another event of the same second, without event_id',
        )
      }
    },
  },
  {
    id: 'idempotency.event-id-case',
    title: 'event_id is compared as a UUID: its case does not matter',
    cause: 'UUIDs are kept as text.',
    async run(server) {
      for (const way of callWays(server)) {
        const event = way.event()
        expectTakenBy(way, await way.sendEvent(event), 'the first')
        const upper = { ...event, event_id: String(event['event_id']).toUpperCase() }
        expectNoop(await way.sendEvent(upper), `${way.name}: the same id in upper case`)
      }
    },
  },
  {
    id: 'idempotency.per-site',
    title: 'Events are unique per site',
    cause: 'A unique index on event_id alone: one customer can block another’s events.',
    async run(server) {
      const { otherSiteId: site_id, otherSecret: secret } = server.options
      for (const way of callWays(server)) {
        const event = way.event()
        const first = await way.sendEvent(event)
        expectTakenBy(way, first, 'the first')
        expectNoop(
          await way.sendEvent({ ...event, site_id: server.siteId.toUpperCase() }),
          `${way.name}: the same, its site written otherwise`,
        )
        if (!site_id || !secret) continue
        const other = await way.sendEvent({ ...event, site_id }, { site: site_id, secret })
        expectTakenBy(way, other, 'the same event_id at another site')
        expectOtherCalls([first, other], way.name)
      }
    },
  },
])
