import { CALL_EVENT_V1, CALL_EVENT_V2 } from '@opsmantik/tracker/contract'
import { must, section, type Check } from '../check.js'
import { expectNoop, expectRecorded, expectTaken } from '../expect.js'
import type { Server } from './server.js'

const AT_ONCE = 12

export const idempotency: Check<Server>[] = section(8, [
  {
    id: 'idempotency.event-id',
    title: 'The same event_id again is 200 noop with the same call_id',
    cause: 'No unique index on (site_id, event_id), or an answer that leaves call_id out.',
    async run(server) {
      const event = server.event()
      const first = await server.call(event)
      expectRecorded(first, 'the first')
      const ts = String(server.now() - 5)
      const again = await server.call(event, { ts })
      expectNoop(again, 'the second, freshly signed')
      must(
        again.json['call_id'] === undefined || again.json['call_id'] === first.json['call_id'],
        `call_id is ${String(again.json['call_id'])}, was ${String(first.json['call_id'])}`,
        first,
        again,
      )
    },
  },
  {
    id: 'idempotency.other-body',
    title: 'If the body differs from the first one’s, the first stands',
    cause: 'An upsert, or a replay key that is a hash of the body.',
    async run(server) {
      const event = server.event()
      const first = await server.call(event)
      expectRecorded(first, 'the first')
      const other = await server.call({ ...event, intent_target: 'another' })
      expectNoop(other, 'the same event_id with another target')
      must(
        other.json['call_id'] === undefined || other.json['call_id'] === first.json['call_id'],
        'another call_id',
        first,
        other,
      )
    },
  },
  {
    id: 'idempotency.both-endpoints',
    title: 'An event that came by V1 is known when it comes by V2',
    cause:
      'Each endpoint has replay keys of its own: a site that moves behind a proxy counts twice.',
    async run(server) {
      const event = server.event()
      expectRecorded(await server.call(event, { path: CALL_EVENT_V1 }), 'by V1')
      expectNoop(await server.call(event, { path: CALL_EVENT_V2 }), 'the same by V2')
    },
  },
  {
    id: 'idempotency.at-once',
    title: 'Equal events at the same moment give exactly one row',
    cause: 'Look first, insert then: between the two is room for another.',
    async run(server) {
      const event = server.event()
      const answers = await Promise.all(
        Array.from({ length: AT_ONCE }, (_, i) =>
          server.call(event, { path: i % 2 ? CALL_EVENT_V1 : CALL_EVENT_V2 }),
        ),
      )
      for (const answer of answers) expectTaken(answer, `one of ${AT_ONCE}`)
      const recorded = answers.filter(({ json }) => json['status'] !== 'noop')
      must(
        recorded.length === 1,
        `${recorded.length} of ${AT_ONCE} equal events were answered as recorded`,
        ...answers.slice(0, 2),
      )
      const ids = new Set(answers.map(({ json }) => json['call_id']).filter(Boolean))
      must(ids.size === 1, `they have ${ids.size} call_ids`, ...answers.slice(0, 2))
    },
  },
  {
    id: 'idempotency.two-events',
    title: 'Two intents of one visitor are two events',
    cause: 'Duplicates are found by fingerprint, by target or by time.',
    async run(server) {
      const event = server.event({ intent_target: '+905000000000' })
      expectRecorded(await server.call(event), 'the first')
      expectRecorded(
        await server.call({ ...event, event_id: crypto.randomUUID() }),
        'the same but for its event_id',
      )
    },
  },
  {
    id: 'idempotency.last-digit',
    title:
      'Event ids that differ in their last digit are two events, of version 4 and of version 7',
    cause: 'Ids are cut, or compared by their first bits, which in version 7 are the time.',
    async run(server) {
      const time = Math.floor(server.now() * 1000)
        .toString(16)
        .padStart(12, '0')
      const tail = crypto.randomUUID().slice(15, -1)
      for (const start of [
        crypto.randomUUID().slice(0, 15),
        `${time.slice(0, 8)}-${time.slice(8)}-7`,
      ])
        for (const digit of ['0', '1', 'f'])
          expectRecorded(
            await server.call(server.event({ event_id: start + tail + digit })),
            `event_id ${start}${tail}${digit}`,
          )
    },
  },
  {
    id: 'idempotency.signature',
    title: 'Without event_id the same signed request again is noop, and a newly signed one is not',
    cause: 'Events without event_id are not looked at, or are told apart by their body.',
    async run(server) {
      const { event_id: _, ...event } = server.event({ intent_target: crypto.randomUUID() })
      const ts = String(server.now())
      expectRecorded(await server.call(event, { ts }), 'the first')
      expectNoop(await server.call(event, { ts }), 'the very same request')
      expectRecorded(await server.call(event, { ts: String(server.now() - 3) }), 'signed anew')
    },
  },
  {
    id: 'idempotency.event-id-case',
    level: 'SHOULD',
    title: 'event_id is compared as a UUID: its case does not matter',
    cause: 'UUIDs are kept as text.',
    async run(server) {
      const event = server.event()
      expectRecorded(await server.call(event), 'the first')
      expectNoop(
        await server.call({ ...event, event_id: String(event['event_id']).toUpperCase() }),
        'the same id in upper case',
      )
    },
  },
  {
    id: 'idempotency.per-site',
    title: 'Events are unique per site',
    cause: 'A unique index on event_id alone: one customer can block another’s events.',
    async run(server) {
      const event = server.event()
      expectRecorded(await server.call(event), 'the first')
      expectNoop(
        await server.call({ ...event, site_id: server.siteId.toUpperCase() }),
        'the same, its site written otherwise',
      )
    },
  },
])
