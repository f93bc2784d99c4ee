import {
  CALL_EVENT_V1,
  CALL_EVENT_V2,
  SIGNATURE_HEADER,
  SITE_ID_HEADER,
  TIMESTAMP_HEADER,
  TIMESTAMP_MAX_AGE,
  TIMESTAMP_MAX_AHEAD,
} from '@opsmantik/tracker/contract'
import { must, NotSeen, section, type Check } from '../check.js'
import { bytesOf, type Exchange } from '../exchange.js'
import { expectNoop, expectRecorded, expectRefusal } from '../expect.js'
import type { Server } from './server.js'

const NOBODY = '00000000-0000-4000-8000-00000000dead'
const WRONG = 'not-the-secret-of-this-site'
/** Seconds that a request may be under way, and that clocks may differ by. */
const MARGIN = 10
/** Looks so often at the edge of the window, in steps that no second is a multiple of. */
const EDGE_ROUNDS = 8
const EDGE_STEP_MS = 170

const join = (...parts: (string | number[])[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...bytesOf(part)] : part)))

const headerNames = (x: Exchange): string =>
  [...x.headers.keys()]
    // They come with time and place, not with the refusal.
    .filter((name) => !['date', 'content-length', 'connection', 'keep-alive'].includes(name))
    .join()

export const signatures: Check<Server>[] = section(3, [
  {
    id: 'signature.required',
    title: 'A request without one of the three headers is 401 SIGNATURE_REQUIRED',
    cause: 'A missing header counts as a wrong signature, or lets the request through.',
    async run(server) {
      for (const path of [CALL_EVENT_V1, CALL_EVENT_V2]) {
        const event = JSON.stringify(server.event())
        const all = await server.signature(event)
        expectRefusal(await server.post(path, event), 401, 'SIGNATURE_REQUIRED', `unsigned ${path}`)
        for (const name of [SITE_ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER]) {
          const { [name]: _, ...rest } = all
          expectRefusal(
            await server.post(path, event, rest),
            401,
            'SIGNATURE_REQUIRED',
            `${path} without ${name}`,
          )
        }
      }
    },
  },
  {
    id: 'signature.malformed',
    title: 'A malformed header is 401 SIGNATURE_REQUIRED',
    cause: 'Number() or parseInt() reads what the contract’s pattern ^\\d{9,12}$ refuses.',
    async run(server) {
      const event = JSON.stringify(server.event())
      const all = await server.signature(event)
      const now = String(server.now())
      const bad: [string, string][] = [
        ...[
          'abc',
          '12345678',
          '1234567890123',
          now + '.5',
          '-' + now,
          '+' + now,
          '1e9',
          now + 'x',
          '0x68000000',
          now + ' 1',
        ].map((ts): [string, string] => [TIMESTAMP_HEADER, ts]),
        ...[
          '',
          'x',
          'f'.repeat(63),
          'f'.repeat(65),
          'g'.repeat(64),
          'sha256=' + 'f'.repeat(64),
        ].map((signature): [string, string] => [SIGNATURE_HEADER, signature]),
        ...['x', 'f'.repeat(31), 'f'.repeat(33), "1' or '1'='1"].map((site): [string, string] => [
          SITE_ID_HEADER,
          site,
        ]),
      ]
      for (const [name, value] of bad)
        expectRefusal(
          await server.post(CALL_EVENT_V1, event, { ...all, [name]: value }),
          401,
          'SIGNATURE_REQUIRED',
          `${name}: ${value}`,
        )
    },
  },
  {
    id: 'signature.doubled',
    title: 'A header that arrives twice (joined by ", ") is malformed',
    cause: 'The first or the last of two is taken.',
    async run(server) {
      const event = JSON.stringify(server.event())
      const all = await server.signature(event)
      for (const name of [SITE_ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER])
        expectRefusal(
          await server.post(CALL_EVENT_V1, event, { ...all, [name]: `${all[name]}, ${all[name]}` }),
          401,
          'SIGNATURE_REQUIRED',
          `${name} twice`,
        )
    },
  },
  {
    id: 'signature.good',
    title: 'A good signature is accepted on V1 and on V2',
    cause: 'The secret given to the kit is not the site’s, or the message is made differently.',
    async run(server) {
      for (const path of [CALL_EVENT_V1, CALL_EVENT_V2])
        expectRecorded(await server.call(server.event(), { path }), `a signed event to ${path}`)
    },
  },
  {
    id: 'signature.wrong',
    title: 'A signature under another secret is 401 SIGNATURE_INVALID',
    cause: 'Signing is switched off, or the comparison is.',
    async run(server) {
      for (const path of [CALL_EVENT_V1, CALL_EVENT_V2])
        expectRefusal(
          await server.call(server.event(), { path, secret: WRONG }),
          401,
          'SIGNATURE_INVALID',
          `a wrongly signed event to ${path}`,
        )
      for (const change of [
        (made: string) => made.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')),
        (made: string) => made.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
        () => '0'.repeat(64),
      ])
        expectRefusal(
          await server.call(server.event(), { signature: change }),
          401,
          'SIGNATURE_INVALID',
          'a signature with one digit changed',
        )
    },
  },
  {
    id: 'signature.upper-case',
    title: 'The signature’s hex digits may be of either case',
    cause: 'Hex strings are compared as text.',
    async run(server) {
      expectRecorded(
        await server.call(server.event(), { signature: (made) => made.toUpperCase() }),
        'an upper-case signature',
      )
    },
  },
  {
    id: 'signature.body-bytes',
    title: 'The signature is over the body’s bytes exactly as received',
    cause:
      'The body is parsed and serialised again before it is verified, or read with a framework’s JSON parser.',
    async run(server) {
      const text = (fields = {}): string => JSON.stringify(server.event(fields))
      const bodies: [string, string][] = [
        ['white space around it', ` \n${text()}\r\n\t`],
        ['spaces inside', text().replaceAll(',', ' , ').replaceAll(':', ': ')],
        [
          'escapes that need not be',
          text({ intent_target: 'X' }).replace('"X"', '"\\u0041\\/\\u015f"'),
        ],
        ['characters beyond ASCII', text({ intent_target: 'şğı 漢字 😀' })],
        ['a key twice', text().replace('{', '{"intent_action":"first",')],
        ['numbers in other clothes', text({ value: 5 }).replace('"value":5', '"value":5.0e0')],
        [
          'keys in another order',
          JSON.stringify(server.event(), ['event_id', 'fingerprint', 'site_id']),
        ],
        ['characters that HTML escapes', text({ intent_target: '<&>\u2028' })],
      ]
      for (const [name, body] of bodies)
        expectRecorded(await server.send(body), `a signed body with ${name}`)
    },
  },
  {
    id: 'signature.body-changed',
    title: 'A body that says the same in other bytes has another signature',
    cause: 'The server signs its own serialisation, so two bodies pass with one signature.',
    async run(server) {
      const event = server.event()
      const headers = await server.signature(JSON.stringify(event))
      for (const body of [JSON.stringify(event, null, 1), JSON.stringify(event) + '\n'])
        expectRefusal(
          await server.post(CALL_EVENT_V1, body, headers),
          401,
          'SIGNATURE_INVALID',
          'the signature of another serialisation',
        )
    },
  },
  {
    id: 'signature.timestamp-signed',
    title: 'X-Ops-Ts is part of what is signed, as the characters that were sent',
    cause: 'Only the body is signed, or the timestamp is parsed to a number first.',
    async run(server) {
      const body = JSON.stringify(server.event())
      const headers = await server.signature(body)
      const other = { ...headers, [TIMESTAMP_HEADER]: String(server.now() - 7) }
      expectRefusal(
        await server.post(CALL_EVENT_V1, body, other),
        401,
        'SIGNATURE_INVALID',
        'a signature of another second',
      )
      expectRecorded(
        await server.call(server.event(), { ts: '00' + server.now() }),
        'a timestamp with leading zeros, signed as it was sent',
      )
      const plain = await server.signature(body)
      expectRefusal(
        await server.post(CALL_EVENT_V1, body, {
          ...plain,
          [TIMESTAMP_HEADER]: '00' + plain[TIMESTAMP_HEADER],
        }),
        401,
        'SIGNATURE_INVALID',
        'the same number in other characters than were signed',
      )
    },
  },
  {
    id: 'signature.window-past',
    title: 'A timestamp up to 300 s old is accepted, an older one is SIGNATURE_TIMESTAMP_INVALID',
    cause: 'Milliseconds taken for seconds, or a window of another size.',
    async run(server) {
      expectRecorded(
        await server.call(server.event(), {
          ts: String(server.now() - TIMESTAMP_MAX_AGE + MARGIN),
        }),
        `${TIMESTAMP_MAX_AGE - MARGIN} s old`,
      )
      for (const age of [TIMESTAMP_MAX_AGE + MARGIN, 3_600, 86_400 * 400])
        expectRefusal(
          await server.call(server.event(), { ts: String(server.now() - age) }),
          401,
          'SIGNATURE_TIMESTAMP_INVALID',
          `${age} s old`,
        )
    },
  },
  {
    id: 'signature.window-edge',
    title:
      'At the edge of the window the answer is 200 or SIGNATURE_TIMESTAMP_INVALID, never SIGNATURE_INVALID',
    cause:
      'Two clocks decide, the API’s and the database’s: a request that grows old between them is called wrongly signed, and its event is given up.',
    async run(server) {
      for (let round = 0; round < EDGE_ROUNDS; round++) {
        await Promise.all(
          [
            TIMESTAMP_MAX_AGE,
            TIMESTAMP_MAX_AGE + 1,
            -TIMESTAMP_MAX_AHEAD,
            -TIMESTAMP_MAX_AHEAD - 1,
          ].map(async (age) => {
            const ts = server.now() - age
            const answer = await server.call(server.event(), { ts: String(ts) })
            const { code, server_ts } = answer.json
            if (answer.status === 200) return
            expectRefusal(answer, 401, 'SIGNATURE_TIMESTAMP_INVALID', `${age} s old`)
            const seen = Number(server_ts) - ts
            must(
              seen > TIMESTAMP_MAX_AGE || -seen > TIMESTAMP_MAX_AHEAD,
              `${String(code)} at ${seen} s by the server’s own clock, which is within the window`,
              answer,
            )
          }),
        )
        await new Promise((resolve) => setTimeout(resolve, EDGE_STEP_MS))
      }
      // The kit's idea of the server's clock may be off by a second or two.
      for (const age of [TIMESTAMP_MAX_AGE + 4, -TIMESTAMP_MAX_AHEAD - 4])
        expectRefusal(
          await server.call(server.event(), { ts: String(server.now() - age) }),
          401,
          'SIGNATURE_TIMESTAMP_INVALID',
          `${age} s old`,
        )
    },
  },
  {
    id: 'signature.window-future',
    title: 'A timestamp up to 60 s ahead is accepted, a later one is SIGNATURE_TIMESTAMP_INVALID',
    cause:
      'Only the past is bounded, or the same 300 s hold for both: a signature for later is a signature for ever.',
    async run(server) {
      expectRecorded(
        await server.call(server.event(), {
          ts: String(server.now() + TIMESTAMP_MAX_AHEAD - MARGIN),
        }),
        `${TIMESTAMP_MAX_AHEAD - MARGIN} s ahead`,
      )
      for (const ahead of [TIMESTAMP_MAX_AHEAD + MARGIN, 3_600, 86_400 * 400])
        expectRefusal(
          await server.call(server.event(), { ts: String(server.now() + ahead) }),
          401,
          'SIGNATURE_TIMESTAMP_INVALID',
          `${ahead} s ahead`,
        )
      expectRefusal(
        await server.call(server.event(), { ts: '999999999999' }),
        401,
        'SIGNATURE_TIMESTAMP_INVALID',
        'the largest timestamp',
      )
    },
  },
  {
    id: 'signature.server-ts',
    title: 'Every 401 carries server_ts, the server’s Unix seconds',
    cause: 'Milliseconds, a string, or nothing: a client with a wrong clock cannot correct itself.',
    async run(server) {
      for (const answer of [
        await server.post(CALL_EVENT_V1, '{}'),
        await server.call(server.event(), { secret: WRONG }),
        await server.call(server.event(), { ts: String(server.now() - 4_000) }),
      ]) {
        const stamp = answer.json['server_ts']
        must(
          Number.isInteger(stamp) && Math.abs((stamp as number) - server.now()) <= MARGIN,
          `server_ts is ${JSON.stringify(stamp)}, the server’s clock says ${server.now()}`,
          answer,
        )
        must(answer.json['error'] === 'Unauthorized', 'error should be "Unauthorized"', answer)
      }
    },
  },
  {
    id: 'signature.unknown-site',
    title: 'An unknown site and a wrong signature cannot be told apart',
    cause: 'Two codes, two sentences or two sets of headers: anybody can list the sites.',
    async run(server) {
      const wrong = await server.call(server.event(), { secret: WRONG })
      const unknown = await server.call(server.event(), { site: NOBODY, secret: WRONG })
      expectRefusal(wrong, 401, 'SIGNATURE_INVALID', 'a wrong signature')
      expectRefusal(unknown, 401, 'SIGNATURE_INVALID', 'an unknown site')
      const shape = ({ json }: Exchange): string =>
        JSON.stringify({ ...json, request_id: 0, server_ts: 0 })
      must(
        shape(wrong) === shape(unknown),
        `the bodies differ: ${shape(wrong)} and ${shape(unknown)}`,
        wrong,
        unknown,
      )
      must(
        headerNames(wrong) === headerNames(unknown),
        `the headers differ: ${headerNames(wrong)} and ${headerNames(unknown)}`,
        wrong,
        unknown,
      )
    },
  },
  {
    id: 'signature.site-form',
    title: 'The site id may be written in either case, a UUID with or without dashes',
    cause: 'Ids are compared as text.',
    async run(server) {
      const { siteId } = server
      const forms = new Set([siteId.toUpperCase(), siteId.toLowerCase()])
      if (siteId.includes('-')) forms.add(siteId.replaceAll('-', ''))
      for (const site of forms) {
        expectRecorded(await server.call(server.event(), { site }), `X-Ops-Site-Id: ${site}`)
        expectRecorded(await server.call(server.event({ site_id: site })), `site_id: ${site}`)
      }
    },
  },
  {
    id: 'signature.site-mismatch',
    title: 'A header and a body that name two sites are 401 SITE_MISMATCH',
    cause: 'Only one of them is looked at: who has one site’s secret can write to every other.',
    async run(server) {
      const { otherSiteId } = server.options
      if (!otherSiteId) throw new NotSeen('needs --other-site-id, a second site')
      expectRefusal(
        await server.call(server.event({ site_id: otherSiteId })),
        401,
        'SITE_MISMATCH',
        'a body that names another site than the header',
      )
    },
  },
  {
    id: 'signature.next-secret',
    title: 'A signature under either secret is good while a rotation is under way',
    cause: 'Only the current secret is tried.',
    async run(server) {
      const { nextSecret } = server.options
      if (!nextSecret) throw new NotSeen('needs --next-secret-env, the site’s next secret')
      expectRecorded(await server.call(server.event()), 'the current secret')
      expectRecorded(await server.call(server.event(), { secret: nextSecret }), 'the next secret')
    },
  },
  {
    id: 'signature.invalid-utf8',
    title: 'A signed body that is not UTF-8, or holds a NUL byte, is 400 INVALID_JSON',
    cause:
      'The body is decoded before it is signed: a decoder puts U+FFFD where bytes were wrong, and the signature fails.',
    async run(server) {
      const [start, end] = JSON.stringify(server.event({ intent_target: '|' })).split('|') as [
        string,
        string,
      ]
      for (const [name, bytes] of [
        ['a lone byte 0xFF', [0xff]],
        ['an overlong slash', [0xc0, 0xaf]],
        ['a surrogate in UTF-8', [0xed, 0xa0, 0x80]],
        ['a cut character', [0xe2, 0x82]],
        ['a NUL byte', [0]],
      ] as [string, number[]][])
        expectRefusal(await server.send(join(start, bytes, end)), 400, 'INVALID_JSON', name)
    },
  },
  {
    id: 'signature.bom',
    level: 'SHOULD',
    title: 'A byte order mark is signed like every other byte',
    cause: 'The text decoder removes it before the signature is verified.',
    async run(server) {
      const answer = await server.send(join([0xef, 0xbb, 0xbf], JSON.stringify(server.event())))
      must(
        answer.status === 200 || answer.json['code'] === 'INVALID_JSON',
        `expected 200 or 400 INVALID_JSON, got ${answer.status} ${String(answer.json['code'])}`,
        answer,
      )
    },
  },
  {
    id: 'signature.backslashes',
    title: 'Backslashes of JSON escapes are signed as they are',
    cause: "In SQL a cast to bytea reads them as escapes; convert_to(…, 'UTF8') does not.",
    async run(server) {
      const event = JSON.stringify(server.event({ intent_target: '\\ \\\\ \\x41 \\101 "' }))
      expectRecorded(await server.send(event), 'a body full of backslashes')
      expectRecorded(
        await server.send(
          JSON.stringify(server.event({ intent_target: 'X' })).replace('"X"', '"\\u015f\\n\\\\"'),
        ),
        'a body with JSON escapes',
      )
    },
  },
  {
    id: 'signature.replay-case',
    title: 'The signature is lower-cased before it becomes a replay key',
    cause: 'The same request in other case counts twice.',
    async run(server) {
      const { event_id: _, ...event } = server.event()
      const body = JSON.stringify({ ...event, intent_target: crypto.randomUUID() })
      const ts = String(server.now())
      expectRecorded(await server.send(body, { ts }), 'an event without event_id')
      expectNoop(
        await server.send(body, { ts, signature: (made) => made.toUpperCase() }),
        'the same with its signature in upper case',
      )
    },
  },
])
