import { FIELD_MAX } from '@opsmantik/tracker/contract'
import { must, section, type Check } from '../check.js'
import { expectNo5xx, expectNoop, expectRecorded, expectRefusal } from '../expect.js'
import type { Server } from './server.js'

const REQUIRED = ['site_id', 'fingerprint']
const NULLABLE = [
  'phone_number',
  'action',
  'url',
  'ua',
  'click_id',
  'gclid',
  'wbraid',
  'gbraid',
  'value',
]
/** Fields that may hold any text, and so can be tried at their full length. */
const TEXTS = Object.entries(FIELD_MAX).filter(([name]) => name !== 'site_id' && name !== 'value')

const namesField = (issues: unknown, field: string): boolean =>
  Array.isArray(issues) &&
  issues.some(
    (issue: unknown) =>
      typeof Object(issue).path === 'string' &&
      String(Object(issue).path).split('.').includes(field) &&
      typeof Object(issue).message === 'string',
  )

const refused = async (
  server: Server,
  fields: object,
  field: string,
  why: string,
): Promise<void> => {
  const answer = await server.call(server.event(fields))
  expectRefusal(answer, 400, 'INVALID_BODY', why)
  must(
    namesField(answer.json['issues'], field),
    `${why}: issues should be [{path, message}] and name ${field}, are ${JSON.stringify(answer.json['issues'])}`,
    answer,
  )
}

/** An event whose text has something put where a JSON value stands. */
const withRaw = (server: Server, field: string, raw: string): string =>
  JSON.stringify(server.event({ [field]: '|HERE|' })).replace('"|HERE|"', raw)

export const bodies: Check<Server>[] = section(6, [
  {
    id: 'body.minimal',
    title: 'site_id and fingerprint alone are a valid event',
    cause: 'A field of newer trackers, event_id most of all, is required.',
    async run(server) {
      const answer = await server.call({
        site_id: server.siteId,
        fingerprint: server.traces.fingerprint,
      })
      must(answer.status === 200, `got ${answer.status} ${String(answer.json['code'])}`, answer)
    },
  },
  {
    id: 'body.full',
    title: 'Every field of the contract is accepted',
    cause: 'A strict schema of an older edition.',
    async run(server) {
      expectRecorded(
        await server.call(
          server.event({
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
          }),
        ),
        'an event with every field',
      )
    },
  },
  {
    id: 'body.required',
    title: 'site_id and fingerprint are required',
    cause: 'No schema, or one that fills in what is missing.',
    async run(server) {
      for (const field of REQUIRED)
        await refused(server, { [field]: undefined }, field, `without ${field}`)
      await refused(server, { fingerprint: '' }, 'fingerprint', 'an empty fingerprint')
    },
  },
  {
    id: 'body.lengths',
    title: 'Each text may be as long as the contract says, and not longer',
    cause: 'Columns or a schema with other lengths; text cut silently.',
    async run(server) {
      expectRecorded(
        await server.call(
          server.event(
            Object.fromEntries(TEXTS.map(([name, max]) => [name, 'conformance-'.padEnd(max, 'x')])),
          ),
        ),
        'every text at its full length',
      )
      for (const [name, max] of TEXTS)
        await refused(
          server,
          { [name]: 'x'.repeat(max + 1) },
          name,
          `${name} of ${max + 1} characters`,
        )
      await refused(server, { site_id: 'x'.repeat(65) }, 'site_id', 'site_id of 65 characters')
    },
  },
  {
    id: 'body.types',
    title: 'A field of another type is 400 INVALID_BODY and named',
    cause: 'Values are turned into strings instead of being checked.',
    async run(server) {
      for (const field of ['fingerprint', 'intent_action', 'intent_target', 'gclid'])
        for (const value of [5, true, {}, ['x']])
          await refused(server, { [field]: value }, field, `${field}: ${JSON.stringify(value)}`)
    },
  },
  {
    id: 'body.null',
    title: 'Fields that may be null are accepted as null',
    cause: 'A schema that knows optional, and not nullable; WordPress sends null.',
    async run(server) {
      expectRecorded(
        await server.call(server.event(Object.fromEntries(NULLABLE.map((field) => [field, null])))),
        'an event with its nullable fields null',
      )
    },
  },
  {
    id: 'body.event-id',
    title: 'event_id is a UUID',
    cause: 'Any text is taken, and the database’s error becomes a 500.',
    async run(server) {
      for (const value of ['1', '', 'not-a-uuid', '00000000-0000-4000-8000-00000000000', 5])
        await refused(server, { event_id: value }, 'event_id', `event_id: ${JSON.stringify(value)}`)
    },
  },
  {
    id: 'body.value',
    title: 'value is a number, a numeric string or null',
    cause: 'Only numbers are taken, or any text.',
    async run(server) {
      for (const value of [0, -1.5, 1e6, '12', '12.50', null])
        expectRecorded(
          await server.call(server.event({ value })),
          `value: ${JSON.stringify(value)}`,
        )
      for (const value of ['abc', '12 €', true, {}])
        await refused(server, { value }, 'value', `value: ${JSON.stringify(value)}`)
    },
  },
  {
    id: 'body.unknown-fields',
    title: 'Unknown fields are dropped, never an error',
    cause: 'A strict schema: a newer tracker can no longer talk to this server.',
    async run(server) {
      expectRecorded(
        await server.call(server.event({ ads_context: { a: 1 }, from_the_future: 'x', '': 1 })),
        'an event with unknown fields',
      )
    },
  },
  {
    id: 'body.prototype',
    title: '__proto__ and constructor are unknown fields like others',
    cause: 'The body is merged into an object of the program.',
    async run(server) {
      const raw = withRaw(server, 'intent_target', '"x"').replace(
        '{',
        '{"__proto__":{"fingerprint":"other"},"constructor":{"prototype":{"x":1}},',
      )
      expectRecorded(await server.send(raw), 'an event with __proto__')
      const event = JSON.stringify(server.event({ fingerprint: undefined }))
      const answer = await server.send(event.replace('{', '{"__proto__":{"fingerprint":"x"},'))
      expectRefusal(answer, 400, 'INVALID_BODY', 'a fingerprint that only __proto__ has')
    },
  },
  {
    id: 'body.json',
    title: 'What is no JSON is 400 INVALID_JSON',
    cause: 'A parser that is more than JSON’s, or an error that becomes a 500.',
    async run(server) {
      const event = JSON.stringify(server.event())
      for (const body of [
        'nonsense',
        '{',
        event + '}',
        event.slice(0, -1),
        event.replace('{', '{,'),
        event.replace(/}$/, ',}'),
        "{'site_id':'x'}",
        event.replace('{', '{"value":NaN,'),
        event.replace('{', '{"value":Infinity,'),
        event.replace('{', '/**/{'),
        '\u00a0' + event,
      ])
        expectRefusal(await server.send(body), 400, 'INVALID_JSON', `the body ${body.slice(0, 60)}`)
    },
  },
  {
    id: 'body.empty',
    title: 'An empty body is 400 INVALID_JSON',
    cause: 'Nothing counts as an empty object.',
    async run(server) {
      for (const body of ['', ' ', '\n'])
        expectRefusal(await server.send(body), 400, 'INVALID_JSON', JSON.stringify(body))
    },
  },
  {
    id: 'body.not-an-object',
    title: 'JSON that is not an object is 400',
    cause: 'null has no fields, and reading one is a 500.',
    async run(server) {
      for (const body of ['null', '5', '"x"', 'true', '[]', '[{}]']) {
        const answer = await server.send(body)
        must(
          answer.status === 400 && /^INVALID_(BODY|JSON)$/.test(String(answer.json['code'])),
          `${body}: expected 400 INVALID_BODY, got ${answer.status} ${String(answer.json['code'])}`,
          answer,
        )
      }
    },
  },
  {
    id: 'body.unstorable',
    title:
      'Text that Postgres cannot store (\\u0000, lone surrogates) is 400 INVALID_BODY and names the field',
    cause: 'The database’s error becomes a 500, and the client retries for seven days.',
    async run(server) {
      for (const raw of ['"a\\u0000b"', '"\\ud800"', '"\\udc00x"', '"x\\ud83d"'])
        for (const field of ['fingerprint', 'intent_target', 'gclid']) {
          const answer = await server.send(withRaw(server, field, raw))
          expectRefusal(answer, 400, 'INVALID_BODY', `${field}: ${raw}`)
          must(
            namesField(answer.json['issues'], field),
            `${field}: ${raw}: issues do not name the field`,
            answer,
          )
        }
    },
  },
  {
    id: 'body.surrogate-pair',
    title: 'A pair of surrogate escapes is a character like others',
    cause: 'The check for lone surrogates looks at one half.',
    async run(server) {
      expectRecorded(
        await server.send(withRaw(server, 'intent_target', '"\\ud83d\\ude00"')),
        'an escaped emoji',
      )
    },
  },
  {
    id: 'body.no-5xx',
    title: 'No input makes a 5xx',
    cause: 'An exception that nobody expected.',
    async run(server) {
      const deep = '['.repeat(15_000) + ']'.repeat(15_000)
      for (const [name, body] of [
        ['1e999', withRaw(server, 'value', '1e999')],
        ['-1e999', withRaw(server, 'value', '-1e999')],
        ['a number of 300 digits', withRaw(server, 'value', '1'.repeat(300))],
        ['the smallest number', withRaw(server, 'value', '5e-324')],
        ['minus zero', withRaw(server, 'value', '-0')],
        ['deep nesting', withRaw(server, 'value', deep)],
        ['deep nesting in an unknown field', withRaw(server, 'unknown', deep)],
        [
          '10,000 fields',
          withRaw(
            server,
            'unknown',
            `"x"${Array.from({ length: 5_000 }, (_, i) => `,"k${i}":${i}`).join('')}`,
          ),
        ],
        ['U+FFFF', withRaw(server, 'intent_target', '"\\uffff"')],
        ['a date like no other', withRaw(server, 'intent_stamp', '"99999999999999999-0-0-0"')],
        ['percent signs', withRaw(server, 'intent_page_url', '"https://x/%00%ff%"')],
        ['SQL', withRaw(server, 'intent_target', '"\'); drop table calls; --"')],
      ] as [string, string][])
        expectNo5xx(await server.send(body), name)
    },
  },
  {
    id: 'body.unknown-site',
    title: 'A site_id that resolves to no site is 400 INVALID_SITE_ID',
    cause: 'The header’s site is taken for the body’s.',
    async run(server) {
      for (const site_id of ['00000000-0000-4000-8000-00000000dead', 'f'.repeat(31), 'nonsense'])
        expectRefusal(
          await server.call(server.event({ site_id })),
          400,
          'INVALID_SITE_ID',
          `site_id: ${site_id}`,
        )
    },
  },
  {
    id: 'body.refused-is-not-seen',
    title: 'An event that was refused is recorded when it comes again in order',
    cause:
      'The replay key is set before the event is checked: the corrected retry is answered noop, and lost.',
    async run(server) {
      const event = server.event()
      expectRefusal(
        await server.call({ ...event, fingerprint: '' }),
        400,
        'INVALID_BODY',
        'the event with an empty fingerprint',
      )
      expectRecorded(await server.call(event), 'the same event_id in order')
      expectNoop(await server.call(event), 'once more')
    },
  },
])
