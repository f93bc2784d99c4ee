import { CALL_FIELDS, type CallField } from '@opsmantik/tracker/contract'
import { section, type Check } from '../check.js'
import type { Exchange } from '../../probe/exchange.js'
import { expectNoop } from '../expect.js'
import { expectIssue } from './issues.js'
import { randomFingerprint, type Server } from './server.js'
import { callWays, expectRefusedBy, expectTakenBy, withRaw, type Way } from './ways.js'

const FIELDS = Object.entries<CallField>(CALL_FIELDS)
/** Fields that may hold any text, and so can be tried at their full length. */
const TEXTS = FIELDS.filter(([name, { type }]) => type === 'text' && name !== 'site_id').map(
  ([name, { max }]): [string, number] => [name, max],
)
/** Characters that count as one, whatever they take in bytes or UTF-16. */
const CHARACTERS = [
  ['of one byte', 'x'],
  ['of two bytes', 'ş'],
  ['of four bytes', '😀'],
] as const
const NOBODY = '00000000-0000-4000-8000-00000000dead'

const refused = async (way: Way, fields: object, field: string, why: string): Promise<void> => {
  const answer = await way.sendEvent(way.event(fields))
  expectRefusedBy(way, answer, 400, 'INVALID_BODY', why)
  expectIssue(answer, field, `${way.name}: ${why}`)
}

const taken = async (way: Way, fields: object, why: string): Promise<Exchange> => {
  const answer = await way.sendEvent(way.event(fields))
  expectTakenBy(way, answer, why)
  return answer
}

/** A UUID of this version, with random digits. */
const uuidOf = (version: number): string =>
  crypto.randomUUID().replace(/(?<=^.{14})./, String(version))

/** Section 6: the fields of a call event, on both endpoints. */
export const bodies: Check<Server>[] = section(6, [
  {
    id: 'body.minimal',
    title: 'site_id and fingerprint alone are a valid event',
    cause: 'A field of newer trackers, event_id most of all, is required.',
    async run(server) {
      // Without an id, the same bytes of the same second would be one event.
      for (const way of callWays(server)) {
        const fields = { site_id: server.siteId, fingerprint: randomFingerprint() }
        expectTakenBy(way, await way.sendEvent(fields), 'site_id and fingerprint alone')
      }
    },
  },
  {
    id: 'body.full',
    title: 'Every field of the contract is accepted',
    cause: 'A strict schema of an older edition.',
    async run(server) {
      for (const way of callWays(server))
        await taken(
          way,
          {
            intent_action: 'phone',
            intent_target: '+905000000000',
            intent_stamp: '1767225600000-ab12-tel-x1y2z3',
            intent_page_url: 'https://shop.example/contact?x=1',
            phone_number: '+905000000000',
            action: 'phone',
            url: 'https://shop.example/contact',
            ua: 'Mozilla/5.0',
            click_id: 'c',
            gclid: 'g',
            wbraid: 'w',
            gbraid: 'b',
            value: 12.5,
          },
          'an event with every field',
        )
    },
  },
  {
    id: 'body.required',
    title: 'site_id and fingerprint are required',
    cause: 'No schema, or one that fills in what is missing.',
    async run(server) {
      for (const way of callWays(server)) {
        for (const field of ['site_id', 'fingerprint'])
          for (const [value, said] of [
            [undefined, `without ${field}`],
            [null, `${field}: null`],
          ] as const)
            await refused(way, { [field]: value }, field, said)
        await refused(way, { fingerprint: '' }, 'fingerprint', 'an empty fingerprint')
      }
    },
  },
  {
    id: 'body.lengths',
    title: 'Each text may be as long as the contract says in code points, and not longer',
    cause:
      'Columns or a schema with other lengths, lengths in bytes or in UTF-16, or text that is cut silently.',
    async run(server) {
      for (const way of callWays(server)) {
        for (const [kind, char] of CHARACTERS)
          await taken(
            way,
            Object.fromEntries(
              TEXTS.map(([name, max]) => [
                name,
                name === 'fingerprint' ? 'conformance-' + char.repeat(max - 12) : char.repeat(max),
              ]),
            ),
            `every text at its full length in characters ${kind}`,
          )
        for (const [name, max] of TEXTS)
          await refused(
            way,
            { [name]: 'x'.repeat(max + 1) },
            name,
            `${name} of ${max + 1} characters`,
          )
        await refused(way, { site_id: 'x'.repeat(65) }, 'site_id', 'site_id of 65 characters')
        await refused(
          way,
          { fingerprint: '😀'.repeat(129) },
          'fingerprint',
          'fingerprint of 129 characters of four bytes',
        )
      }
    },
  },
  {
    id: 'body.types',
    title: 'A field of another type is 400 INVALID_BODY and named',
    cause: 'Values are turned into strings instead of being checked.',
    async run(server) {
      for (const way of callWays(server))
        for (const [field] of [...TEXTS, ['site_id']])
          for (const value of [5, true, {}, ['x']])
            await refused(way, { [field!]: value }, field!, `${field}: ${JSON.stringify(value)}`)
    },
  },
  {
    id: 'body.event-id',
    title: 'event_id is a UUID with its dashes, of any version',
    cause:
      'Any text is taken, and the database’s error becomes a 500; or version 4 alone is known.',
    async run(server) {
      for (const way of callWays(server)) {
        for (const version of [1, 3, 4, 5, 6, 7, 8])
          await taken(way, { event_id: uuidOf(version) }, `an event_id of version ${version}`)
        const good = crypto.randomUUID()
        for (const value of [
          '1',
          '',
          'not-a-uuid',
          good.slice(0, -1),
          good + '0',
          good + '\n',
          ' ' + good,
          good.replaceAll('-', ''),
          good.replaceAll('-', '_'),
          `{${good}}`,
          `urn:uuid:${good}`,
          good.slice(0, -1) + 'g',
          5,
        ])
          await refused(way, { event_id: value }, 'event_id', `event_id: ${JSON.stringify(value)}`)
      }
    },
  },
  {
    id: 'body.unknown-fields',
    title: 'Unknown fields are dropped, never an error',
    cause: 'A strict schema: a newer tracker can no longer talk to this server.',
    async run(server) {
      for (const way of callWays(server))
        await taken(
          way,
          { ads_context: { a: 1 }, from_the_future: 'x', later: 'x'.repeat(9_000), '': 1 },
          'an event with unknown fields',
        )
    },
  },
  {
    id: 'body.prototype',
    title: '__proto__ and constructor are unknown fields like others',
    cause: 'The body is merged into an object of the program.',
    async run(server) {
      for (const way of callWays(server)) {
        const raw = withRaw(way, 'intent_target', '"x"').replace(
          '{',
          '{"__proto__":{"fingerprint":"other"},"constructor":{"prototype":{"x":1}},',
        )
        expectTakenBy(way, await way.send(raw), 'an event with __proto__')
        const event = JSON.stringify(way.event({ fingerprint: undefined }))
        expectRefusedBy(
          way,
          await way.send(event.replace('{', '{"__proto__":{"fingerprint":"x"},')),
          400,
          'INVALID_BODY',
          'a fingerprint that only __proto__ has',
        )
      }
    },
  },
  {
    id: 'body.unknown-site',
    title: 'A site_id that resolves to no site is 400 INVALID_SITE_ID',
    cause: 'The header’s site is taken for the body’s.',
    async run(server) {
      for (const way of callWays(server))
        for (const site_id of [
          NOBODY,
          'f'.repeat(31),
          'nonsense',
          server.siteId + '\n',
          ' ' + server.siteId,
          `{${server.siteId}}`,
          server.siteId.replaceAll('-', '').replace(/^.{4}/, '$&-'),
          '',
          '%',
        ])
          expectRefusedBy(
            way,
            await way.sendEvent(way.event({ site_id })),
            400,
            'INVALID_SITE_ID',
            `site_id: ${JSON.stringify(site_id)}`,
          )
    },
  },
  {
    id: 'body.refused-is-not-seen',
    title: 'An event that was refused is recorded when it comes again in order',
    cause:
      'The replay key is set before the event is checked: the corrected retry is answered noop, and lost.',
    async run(server) {
      for (const way of callWays(server))
        for (const [code, broken] of [
          ['INVALID_BODY', { fingerprint: '' }],
          ['INVALID_SITE_ID', { site_id: NOBODY }],
        ] as const) {
          const event = way.event()
          expectRefusedBy(way, await way.sendEvent({ ...event, ...broken }), 400, code, 'broken')
          expectTakenBy(
            way,
            await way.sendEvent(event),
            `the same event_id in order, after ${code}`,
          )
          expectNoop(await way.sendEvent(event), `${way.name}: once more`)
        }
    },
  },
])
