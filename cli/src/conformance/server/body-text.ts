import { CALL_FIELDS, SYNC } from '@opsmantik/tracker/contract'
import { must, section, type Check } from '../check.js'
import { expectNo5xx } from '../expect.js'
import { expectIssue } from './issues.js'
import type { Server } from './server.js'
import { callWays, expectRefusedBy, expectTakenBy, signedWays, withRaw, type Way } from './ways.js'

/** Text fields of each body, site ids apart. */
const textFields = (way: Way): string[] =>
  way.path === SYNC
    ? ['u', 'sid', 'ec', 'ea', 'el', 'r']
    : Object.entries(CALL_FIELDS)
        .filter(([name, { type }]) => type === 'text' && name !== 'site_id')
        .map(([name]) => name)

/** Section 6 and 16: what is no JSON, and JSON that no event is. */
export const bodyText: Check<Server>[] = section(6, [
  {
    id: 'body.json',
    title: 'What is no JSON is 400 INVALID_JSON',
    cause: 'A parser that is more than JSON’s, or an error that becomes a 500.',
    async run(server) {
      for (const way of signedWays(server)) {
        const event = JSON.stringify(way.event())
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
          event.replace('{', '{"value":01,'),
          event.replace('{', '{"value":0x10,'),
          event.replace('{', '{"value":"a\tb",'),
          event.replace('{', '/**/{'),
          '\u00a0' + event,
        ])
          expectRefusedBy(
            way,
            await way.send(body),
            400,
            'INVALID_JSON',
            `the body ${JSON.stringify(body.slice(0, 60))}`,
          )
      }
    },
  },
  {
    id: 'body.empty',
    title: 'An empty body is 400 INVALID_JSON',
    cause: 'Nothing counts as an empty object.',
    async run(server) {
      for (const way of signedWays(server))
        for (const body of ['', ' ', '\n'])
          expectRefusedBy(way, await way.send(body), 400, 'INVALID_JSON', JSON.stringify(body))
    },
  },
  {
    id: 'body.not-an-object',
    title: 'JSON that is not an object is 400',
    cause: 'null has no fields, and reading one is a 500.',
    async run(server) {
      for (const way of signedWays(server))
        for (const body of ['null', '5', '"x"', 'true', '[]', '[{}]']) {
          const answer = await way.send(body)
          must(
            answer.status === 400 && /^INVALID_(BODY|JSON)$/.test(String(answer.json['code'])),
            `${way.name}, ${body}: expected 400 INVALID_BODY, got ${answer.status} ${String(answer.json['code'])}`,
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
      for (const way of signedWays(server)) {
        const fields = textFields(way)
        for (const [at, field] of fields.entries())
          // Each kind on each field would be some hundred requests: the fields take turns, two take all.
          for (const [kind, raw] of [
            '"a\\u0000b"',
            '"\\ud800"',
            '"\\udc00x"',
            '"x\\ud83d"',
          ].entries()) {
            if (kind > 0 && at > 1 && at % 3 !== kind - 1) continue
            const answer = await way.send(withRaw(way, field, raw))
            expectRefusedBy(way, answer, 400, 'INVALID_BODY', `${field}: ${raw}`)
            expectIssue(answer, field, `${way.name}, ${field}: ${raw}`)
          }
      }
    },
  },
  {
    id: 'body.surrogate-pair',
    title: 'A pair of surrogate escapes is a character like others',
    cause: 'The check for lone surrogates looks at one half.',
    async run(server) {
      for (const way of signedWays(server))
        expectTakenBy(
          way,
          await way.send(withRaw(way, way.textField, '"\\ud83d\\ude00"')),
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
      const many = `"x"${Array.from({ length: 5_000 }, (_, i) => `,"k${i}":${i}`).join('')}`
      for (const way of callWays(server))
        for (const [name, field, raw] of [
          ['1e999', 'value', '1e999'],
          ['-1e999', 'value', '-1e999'],
          ['"1e999"', 'value', '"1e999"'],
          ['"NaN"', 'value', '"NaN"'],
          ['a number of 300 digits', 'value', '1'.repeat(300)],
          ['a number of 5,000 digits', 'value', '1'.repeat(5_000)],
          ['the smallest number', 'value', '5e-324'],
          ['minus zero', 'value', '-0'],
          ['deep nesting', 'value', deep],
          ['deep nesting in an unknown field', 'unknown', deep],
          ['10,000 fields', 'unknown', many],
          ['U+FFFF', 'intent_target', '"\\uffff"'],
          ['a date like no other', 'intent_stamp', '"99999999999999999-0-0-0"'],
          ['a negative date', 'intent_stamp', '"-1-0000-tel-000000"'],
          ['no date', 'intent_stamp', '"nonsense"'],
          ['percent signs', 'intent_page_url', '"https://x/%00%ff%"'],
          ['SQL', 'intent_target', '"\'); drop table calls; --"'],
          ['a format string', 'intent_target', '"%s%n{0}${x}"'],
        ] as const)
          expectNo5xx(await way.send(withRaw(way, field, raw)), `${way.name}, ${name}`)
    },
  },
])
