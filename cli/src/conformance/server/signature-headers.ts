import { SIGNATURE_HEADER, SITE_ID_HEADER, TIMESTAMP_HEADER } from '@opsmantik/tracker/contract'
import { must, section, type Check } from '../check.js'
import type { Server } from './server.js'
import { expectTakenBy, expectUnsigned, signedWays } from './ways.js'

const NAMES = [SITE_ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER]

/** Values of the three headers that the contract's patterns refuse. */
const malformed = (now: string, site: string): [string, string][] => [
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
    btoa('f'.repeat(32)),
  ].map((made): [string, string] => [SIGNATURE_HEADER, made]),
  ...[
    '',
    'x',
    'f'.repeat(31),
    'f'.repeat(33),
    "1' or '1'='1",
    `{${site}}`,
    `urn:uuid:${site}`,
    site.replaceAll('-', '').replace(/^.{4}/, '$&-'),
  ].map((other): [string, string] => [SITE_ID_HEADER, other]),
]

/** Section 3, format: the three headers. */
export const signatureHeaders: Check<Server>[] = section(3, [
  {
    id: 'signature.required',
    title: 'A request without one of the three headers is 401 SIGNATURE_REQUIRED',
    cause: 'A missing header counts as a wrong signature, or lets the request through.',
    async run(server) {
      for (const way of signedWays(server)) {
        const event = JSON.stringify(way.event())
        const all = await server.signature(event)
        expectUnsigned(way, await way.post(event), 'SIGNATURE_REQUIRED', 'unsigned')
        for (const name of NAMES) {
          const { [name]: _, ...rest } = all
          expectUnsigned(way, await way.post(event, rest), 'SIGNATURE_REQUIRED', `without ${name}`)
        }
      }
    },
  },
  {
    id: 'signature.malformed',
    title: 'A malformed header is 401 SIGNATURE_REQUIRED',
    cause: 'Number() or parseInt() reads what the contract’s pattern ^\\d{9,12}$ refuses.',
    async run(server) {
      for (const way of signedWays(server)) {
        const event = JSON.stringify(way.event())
        const all = await server.signature(event)
        for (const [name, value] of malformed(String(server.now()), server.siteId))
          expectUnsigned(
            way,
            await way.post(event, { ...all, [name]: value }),
            'SIGNATURE_REQUIRED',
            `${name}: ${value}`,
          )
      }
    },
  },
  {
    id: 'signature.doubled',
    title: 'A header that arrives twice (joined by ", ") is malformed',
    cause: 'The first or the last of two is taken.',
    async run(server) {
      for (const way of signedWays(server)) {
        const event = JSON.stringify(way.event())
        const all = await server.signature(event)
        for (const name of NAMES)
          expectUnsigned(
            way,
            await way.post(event, { ...all, [name]: `${all[name]}, ${all[name]}` }),
            'SIGNATURE_REQUIRED',
            `${name} twice`,
          )
      }
    },
  },
  {
    id: 'signature.upper-case',
    title: 'The signature’s hex digits may be of either case',
    cause: 'Hex strings are compared as text.',
    async run(server) {
      for (const way of signedWays(server))
        expectTakenBy(
          way,
          await way.sendEvent(way.event(), { signature: (made) => made.toUpperCase() }),
          'an upper-case signature',
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
      for (const way of signedWays(server))
        for (const site of forms) {
          expectTakenBy(
            way,
            await way.sendEvent(way.event(), { site }),
            `${SITE_ID_HEADER}: ${site}`,
          )
          expectTakenBy(
            way,
            await way.sendEvent(way.event({ [way.siteField]: site })),
            `${way.siteField}: ${site}`,
          )
        }
    },
  },
  {
    id: 'signature.server-ts',
    title: 'Every 401 carries server_ts, the server’s Unix seconds',
    cause: 'Milliseconds, a string, or nothing: a client with a wrong clock cannot correct itself.',
    async run(server) {
      for (const way of signedWays(server))
        for (const [code, how] of [
          ['SIGNATURE_INVALID', { secret: 'not-the-secret-of-this-site' }],
          ['SIGNATURE_TIMESTAMP_INVALID', { ts: String(server.now() - 4_000) }],
          ['SIGNATURE_REQUIRED', { ts: '12345678' }],
        ] as const) {
          const answer = await way.sendEvent(way.event(), how)
          expectUnsigned(way, answer, code, `a request that gets ${code}`)
          if (answer.status === 403) continue
          const stamp = answer.json['server_ts']
          must(
            Number.isInteger(stamp) && Math.abs((stamp as number) - server.now()) <= 10,
            `${way.name}, ${code}: server_ts should be ${server.now()}, the server’s clock in seconds; it is ${JSON.stringify(stamp)}`,
            answer,
          )
        }
    },
  },
])
