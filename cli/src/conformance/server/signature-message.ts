import { TIMESTAMP_HEADER } from '@opsmantik/tracker/contract'
import { must, section, type Check } from '../check.js'
import { bytesOf } from '../../probe/exchange.js'
import { expectNoop } from '../expect.js'
import type { Server } from './server.js'
import {
  callWays,
  expectRefusedBy,
  expectTakenBy,
  expectUnsigned,
  signedWays,
  type Way,
} from './ways.js'

const WRONG = 'not-the-secret-of-this-site'

const join = (...parts: (string | number[])[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...bytesOf(part)] : part)))

/** The same event in other bytes than most programs would write. */
const writings = (way: Way): [name: string, body: string][] => {
  const text = (fields = {}): string => JSON.stringify(way.event(fields))
  const field = way.textField
  return [
    ['white space around it', ` \n${text()}\r\n\t`],
    ['spaces inside', text().replaceAll(',', ' , ').replaceAll(':', ': ')],
    ['escapes that need not be', text({ [field]: 'X' }).replace('"X"', '"\\u0041\\/\\u015f"')],
    ['characters beyond ASCII', text({ [field]: 'şğı 漢字 😀' })],
    ['numbers in other clothes', text({ value: 5 }).replace('"value":5', '"value":5.0e0')],
    [
      'keys in another order',
      JSON.stringify(Object.fromEntries(Object.entries(way.event()).toReversed())),
    ],
    ['characters that HTML escapes', text({ [field]: '<&>\u2028' })],
    ['letters that have two forms in Unicode', text({ [field]: 'e\u0301 \u00e9 ﬁ' })],
  ]
}

/** Section 3, format: what is signed. */
export const signatureMessage: Check<Server>[] = section(3, [
  {
    id: 'signature.good',
    title: 'A good signature is accepted on V1, on V2 and on signed sync',
    cause: 'The secret given to the kit is not the site’s, or the message is made differently.',
    async run(server) {
      for (const way of signedWays(server))
        expectTakenBy(way, await way.sendEvent(way.event()), 'a signed event')
    },
  },
  {
    id: 'signature.wrong',
    title: 'A signature under another secret is 401 SIGNATURE_INVALID',
    cause: 'Signing is switched off, or the comparison is.',
    async run(server) {
      const other = (digit: string): string => (digit === '0' ? '1' : '0')
      for (const way of signedWays(server)) {
        expectUnsigned(
          way,
          await way.sendEvent(way.event(), { secret: WRONG }),
          'SIGNATURE_INVALID',
          'a wrongly signed event',
        )
        for (const [name, change] of [
          ['last digit', (made: string) => made.replace(/.$/, other)],
          ['first digit', (made: string) => made.replace(/^./, other)],
          ['middle digit', (made: string) => made.replace(/(?<=^.{32})./, other)],
          ['second half', (made: string) => made.slice(0, 32) + '0'.repeat(32)],
          ['every digit (zeros)', () => '0'.repeat(64)],
        ] as const)
          expectUnsigned(
            way,
            await way.sendEvent(way.event(), { signature: change }),
            'SIGNATURE_INVALID',
            `a signature with another ${name}`,
          )
      }
    },
  },
  {
    id: 'signature.body-bytes',
    title: 'The signature is over the body’s bytes exactly as received',
    cause:
      'The body is parsed and serialised again before it is verified, or read with a framework’s JSON parser.',
    async run(server) {
      for (const way of signedWays(server)) {
        for (const [name, body] of writings(way))
          expectTakenBy(way, await way.send(body), `a signed body with ${name}`)
        // RFC 8259, section 4: what a repeated name means is up to the parser. Its bytes are signed all the same.
        const twice = JSON.stringify(way.event()).replace('{', `{"${way.textField}":"first",`)
        const answer = await way.send(twice)
        must(
          answer.status !== 401,
          `${way.name}: a signed body with a key twice: got 401 ${String(answer.json['code'])}`,
          answer,
        )
      }
    },
  },
  {
    id: 'signature.body-changed',
    title: 'A body that says the same in other bytes has another signature',
    cause: 'The server signs its own serialisation, so two bodies pass with one signature.',
    async run(server) {
      for (const way of signedWays(server)) {
        const event = way.event()
        const headers = await server.signature(JSON.stringify(event))
        for (const body of [JSON.stringify(event, null, 1), JSON.stringify(event) + '\n', '{}'])
          expectUnsigned(
            way,
            await way.post(body, headers),
            'SIGNATURE_INVALID',
            'the signature of another serialisation',
          )
      }
    },
  },
  {
    id: 'signature.timestamp-signed',
    title: 'X-Ops-Ts is part of what is signed, as the characters that were sent',
    cause: 'Only the body is signed, or the timestamp is parsed to a number first.',
    async run(server) {
      for (const way of signedWays(server)) {
        const body = JSON.stringify(way.event())
        const headers = await server.signature(body)
        expectUnsigned(
          way,
          await way.post(body, { ...headers, [TIMESTAMP_HEADER]: String(server.now() - 7) }),
          'SIGNATURE_INVALID',
          'a signature of another second',
        )
        expectTakenBy(
          way,
          await way.sendEvent(way.event(), { ts: '00' + server.now() }),
          'a timestamp with leading zeros, signed as it was sent',
        )
        const plain = await server.signature(body)
        expectUnsigned(
          way,
          await way.post(body, { ...plain, [TIMESTAMP_HEADER]: '00' + plain[TIMESTAMP_HEADER] }),
          'SIGNATURE_INVALID',
          'the same number in other characters than were signed',
        )
      }
    },
  },
  {
    id: 'signature.invalid-utf8',
    title: 'A signed body that is not UTF-8, or holds a NUL byte, is 400 INVALID_JSON',
    cause:
      'The body is decoded before it is signed: a decoder puts U+FFFD where bytes were wrong, and the signature fails.',
    async run(server) {
      for (const way of signedWays(server)) {
        const text = JSON.stringify(way.event({ [way.textField]: '|' }))
        const [start, end] = text.split('|') as [string, string]
        for (const [name, bytes] of [
          ['a lone byte 0xFF', [0xff]],
          ['an overlong slash', [0xc0, 0xaf]],
          ['a surrogate in UTF-8', [0xed, 0xa0, 0x80]],
          ['a cut character', [0xe2, 0x82]],
          ['a NUL byte', [0]],
        ] as [string, number[]][]) {
          const body = join(start, bytes, end)
          expectRefusedBy(way, await way.send(body), 400, 'INVALID_JSON', name)
          expectRefusedBy(
            way,
            await way.send(body, { secret: WRONG }),
            400,
            'INVALID_JSON',
            `${name}, wrongly signed`,
          )
        }
      }
    },
  },
  {
    id: 'signature.bom',
    title: 'A byte order mark is signed like every other byte',
    cause: 'The text decoder removes it before the signature is verified.',
    async run(server) {
      for (const way of signedWays(server)) {
        const answer = await way.send(join([0xef, 0xbb, 0xbf], JSON.stringify(way.event())))
        must(
          answer.status === 200 || answer.json['code'] === 'INVALID_JSON',
          `${way.name}: expected 200 or 400 INVALID_JSON, got ${answer.status} ${String(answer.json['code'])}`,
          answer,
        )
      }
    },
  },
  {
    id: 'signature.backslashes',
    title: 'Backslashes of JSON escapes are signed as they are',
    cause: "In SQL a cast to bytea reads them as escapes; convert_to(…, 'UTF8') does not.",
    async run(server) {
      for (const way of signedWays(server)) {
        expectTakenBy(
          way,
          await way.sendEvent(way.event({ [way.textField]: '\\ \\\\ \\x41 \\101 "' })),
          'a body full of backslashes',
        )
        const text = JSON.stringify(way.event({ [way.textField]: 'X' }))
        expectTakenBy(
          way,
          await way.send(text.replace('"X"', '"\\u015f\\n\\\\"')),
          'a body with JSON escapes',
        )
      }
    },
  },
  {
    id: 'signature.replay-case',
    title: 'The signature is lower-cased before it becomes a replay key',
    cause: 'The same request in other case counts twice.',
    async run(server) {
      for (const way of callWays(server)) {
        const { event_id: _, ...event } = way.event()
        const body = JSON.stringify({ ...event, intent_target: crypto.randomUUID() })
        const ts = String(server.now())
        expectTakenBy(way, await way.send(body, { ts }), 'an event without event_id')
        expectNoop(
          await way.send(body, { ts, signature: (made) => made.toUpperCase() }),
          `${way.name}: the same with its signature in upper case`,
        )
      }
    },
  },
  {
    id: 'signature.not-a-guess',
    title: 'A signature that can be made without the site’s secret is 401 SIGNATURE_INVALID',
    cause:
      'A missing secret counts as an empty one, or as the text "undefined": anyone who names an unknown site can sign.',
    async run(server) {
      const unknown = '00000000-0000-4000-8000-00000000dead'
      for (const way of signedWays(server))
        for (const secret of ['undefined', 'null', 'None', 'nil', unknown, server.siteId, ' '])
          for (const site of [unknown, server.siteId])
            expectUnsigned(
              way,
              await way.sendEvent(way.event(), { secret, site }),
              'SIGNATURE_INVALID',
              `signed for ${site === unknown ? 'an unknown site' : 'the site'} with ${JSON.stringify(secret)}`,
            )
    },
  },
  {
    id: 'signature.refused-is-not-seen',
    title: 'An event whose signature was refused is recorded once it is signed correctly',
    cause:
      'The replay key is stored before the signature is verified: the good retry gets noop, and is lost.',
    async run(server) {
      for (const way of callWays(server)) {
        const event = way.event()
        expectUnsigned(
          way,
          await way.sendEvent(event, { secret: WRONG }),
          'SIGNATURE_INVALID',
          'a wrongly signed event',
        )
        expectTakenBy(way, await way.sendEvent(event), 'the same event, signed correctly')
      }
    },
  },
])
