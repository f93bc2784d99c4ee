import { CALL_EVENT_V1 } from '../../contract/paths.js'
import { FIELD_MAX } from '../../contract/limits.js'
import { SIGNATURE_HEADER, SITE_ID_HEADER, TIMESTAMP_HEADER } from '../../contract/headers.js'
import { UUID } from '../../contract/identifiers.js'
import { sign } from '../../proxy/sign.js'
import { must, Nonconformance, NotSeen, section, type Check } from '../check.js'
import { bytesOf } from '../exchange.js'
import { asExchange, type Client, type Reply, type Script, type Try } from './client.js'

/** Milliseconds: the first retry comes within 2 s, and a browser and a network need their time too. */
const FIRST_RETRY = 2_000
const SLACK = 2_500
const RECORDED: Reply = {
  status: 200,
  body: JSON.stringify({
    status: 'unmatched',
    call_id: '00000000-0000-4000-8000-000000000001',
    session_id: null,
    request_id: 'conformance',
  }),
}
const FIELDS = new Set([...Object.keys(FIELD_MAX), 'event_id'])

const refusal = (status: number, code?: string, headers: Record<string, string> = {}): Reply => ({
  status,
  body: JSON.stringify({ error: 'Played by the kit', ...(code ? { code } : {}), request_id: 'x' }),
  headers,
})

const HTML: Reply = {
  status: 200,
  body: '<!doctype html><title>Welcome to the hotel</title>',
  headers: { 'Content-Type': 'text/html' },
}

/** Plays replies until one more try than they are has come, or the time is over. */
const playOut = (client: Client, replies: readonly Reply[], listen: number): Promise<Try[]> =>
  client.play({ replies: [...replies, RECORDED], listen, until: replies.length + 1 })

const listed = (tries: readonly Try[]): string =>
  tries.map(({ at }) => `${(at / 1000).toFixed(1)} s`).join(', ') || 'none'

/** The event is sent again after this answer, in time and unchanged. */
const expectRetried = async (client: Client, reply: Reply, name: string): Promise<void> => {
  const tries = await playOut(client, [reply], FIRST_RETRY + SLACK)
  must(
    tries.length >= 2,
    `${name}: no second try within ${(FIRST_RETRY + SLACK) / 1000} s (tries: ${listed(tries)})`,
    ...tries.map(asExchange),
  )
  expectSame(tries, name)
}

const expectSame = (tries: readonly Try[], name: string): void => {
  const ids = new Set(tries.map(({ json }) => json['event_id']))
  must(ids.size === 1, `${name}: the tries carry ${ids.size} event_ids`, ...tries.map(asExchange))
}

/** The event is not sent again after this answer. */
const expectForgotten = async (client: Client, reply: Reply, name: string): Promise<void> => {
  const tries = await client.play({ replies: [reply], listen: FIRST_RETRY + SLACK })
  must(
    tries.length === 1,
    `${name}: it was sent ${tries.length} times (${listed(tries)})`,
    ...tries.map(asExchange),
  )
}

const all = (checks: Promise<void>[]): Promise<void> => Promise.all(checks).then(() => {})

const expectWaits = async (client: Client, script: Script, ms: number): Promise<void> => {
  const tries = await client.play(script)
  must(tries.length >= 2, `it did not come again (tries: ${listed(tries)})`)
  const [, second] = tries
  // Dates have whole seconds, and so may be read as up to one second earlier.
  must(
    second!.at >= ms,
    `asked to wait ${ms / 1000} s, it came again after ${(second!.at / 1000).toFixed(1)} s`,
    asExchange(second!),
  )
}

const needSigned = ({ mode }: Client): void => {
  if (mode !== 'signed') throw new NotSeen('in proxy mode the proxy signs')
}

export const clientChecks: readonly Check<Client>[] = section<Client>(13, [
  {
    id: 'client.once',
    title: 'An event that was recorded is sent once',
    cause: 'A listener that is attached twice, or a beacon beside the request.',
    run: (client) => expectForgotten(client, RECORDED, '200'),
  },
  {
    id: 'client.noop',
    title: 'An event that was recorded before is forgotten',
    cause: 'Only matched and unmatched count as done.',
    run: (client) =>
      expectForgotten(client, { status: 200, body: '{"status":"noop","request_id":"x"}' }, 'noop'),
  },
  {
    id: 'client.empty-2xx',
    title: 'Any 2xx that is not HTML counts as done, with or without a body',
    cause: 'An empty body fails to parse, and the event is sent for ever.',
    run: (client) =>
      all(
        [202, 204].map((status) => expectForgotten(client, { status }, `${status} without a body`)),
      ),
  },
  {
    id: 'client.body',
    title: 'A call event holds the fields of section 6 and no other',
    cause: 'A field of the tracker’s own: other servers are strict.',
    async run(client) {
      const [request] = await client.play({ replies: [RECORDED], listen: 500 })
      if (!request) throw new Nonconformance('nothing was sent')
      const { json } = request
      for (const name of Object.keys(json))
        must(FIELDS.has(name), `${name} is no field of the contract`, asExchange(request))
      for (const [name, max] of Object.entries(FIELD_MAX))
        must(
          typeof json[name] !== 'string' || (json[name] as string).length <= max,
          `${name} is longer than ${max}`,
          asExchange(request),
        )
      must(UUID.test(String(json['event_id'])), 'event_id is no UUID', asExchange(request))
      must(json['fingerprint'], 'fingerprint is missing', asExchange(request))
      must(json['site_id'], 'site_id is missing', asExchange(request))
    },
  },
  {
    id: 'client.stamp',
    level: 'SHOULD',
    title: 'intent_stamp is <ms>-<4 base36>-<kind>-<6 base36>',
    cause: 'Another separator, or digits left out.',
    async run(client) {
      const [request] = await client.play({ replies: [RECORDED], listen: 500 })
      if (!request) throw new Nonconformance('nothing was sent')
      const stamp = request.json['intent_stamp']
      if (stamp === undefined) throw new NotSeen('this client sends no intent_stamp')
      must(
        /^\d{13}-[\da-z]{4}-.{1,32}-[\da-z]{6}$/.test(String(stamp)),
        `it is ${String(stamp)}`,
        asExchange(request),
      )
    },
  },
  {
    id: 'client.retries',
    title:
      'After a 503 the same event comes again, the first time within 2 s, until it is recorded',
    cause: 'One retry only, or none; or the retry is a new event.',
    async run(client) {
      const tries = await playOut(client, [refusal(503, 'X'), refusal(503, 'X')], 12_000)
      must(tries.length >= 3, `it was sent ${tries.length} times: ${listed(tries)}`)
      must(
        tries[1]!.at <= FIRST_RETRY + SLACK,
        `the first retry came after ${listed(tries.slice(1, 2))}`,
      )
      expectSame(tries, '503 twice')
    },
  },
  {
    id: 'client.stops',
    title: 'Once it is recorded after retries it is sent no more',
    cause: 'The entry is looked for by its position, and another one is removed.',
    async run(client) {
      const tries = await client.play({ replies: [refusal(500, 'X'), RECORDED], listen: 7_000 })
      must(tries.length === 2, `it was sent ${tries.length} times: ${listed(tries)}`)
    },
  },
  {
    id: 'client.no-answer',
    title: 'No answer at all: it comes again',
    cause: 'A rejected fetch is not handled.',
    run: (client) => expectRetried(client, 'reset', 'the connection was closed'),
  },
  {
    id: 'client.retryable',
    title: '408, 425, 429 and 5xx: it comes again, with or without a code',
    cause: 'Every 4xx is dropped.',
    run: (client) =>
      all(
        [408, 425, 429, 500, 502, 504].map((status) =>
          expectRetried(client, refusal(status, 'SOME_CODE'), String(status)),
        ),
      ),
  },
  {
    id: 'client.html',
    title: 'A page of HTML, whatever its status, is no answer',
    cause: 'A captive portal’s 200 makes the client forget.',
    run: (client) =>
      all(
        [
          HTML,
          { ...(HTML as object), status: 403 } as Reply,
          { ...(HTML as object), status: 404 } as Reply,
        ].map((reply) =>
          expectRetried(client, reply, `HTML with ${(reply as { status: number }).status}`),
        ),
      ),
  },
  {
    id: 'client.no-code',
    title: 'A 403, 404 or 405 without a code of the contract is no answer',
    cause: 'A proxy whose plugin is switched off makes every client forget.',
    run: (client) =>
      all(
        [403, 404, 405].map((status) =>
          expectRetried(client, refusal(status), `${status} without code`),
        ),
      ),
  },
  {
    id: 'client.drops',
    title: 'Any other 4xx with the contract’s JSON drops the event',
    cause: 'Everything that is not 2xx is retried for ever.',
    run: (client) =>
      all(
        (
          [
            [400, 'INVALID_BODY'],
            [401, 'SIGNATURE_INVALID'],
            [403, 'ORIGIN_NOT_ALLOWED'],
            [413, 'PAYLOAD_TOO_LARGE'],
            [415, 'UNSUPPORTED_MEDIA_TYPE'],
          ] as const
        ).map(([status, code]) =>
          expectForgotten(client, refusal(status, code), `${status} ${code}`),
        ),
      ),
  },
  {
    id: 'client.retry-after',
    title: 'Retry-After in seconds is obeyed',
    cause: 'The header is not read, or not exposed to the page.',
    run: (client) =>
      expectWaits(
        client,
        {
          replies: [refusal(429, 'RATE_LIMITED', { 'Retry-After': '4' }), RECORDED],
          listen: 14_000,
          until: 2,
        },
        3_900,
      ),
  },
  {
    id: 'client.retry-after-date',
    title: 'Retry-After as a date is obeyed',
    cause: 'Only seconds are read.',
    run: (client) =>
      expectWaits(
        client,
        {
          replies: [
            refusal(503, 'X', { 'Retry-After': new Date(Date.now() + 6_000).toUTCString() }),
            RECORDED,
          ],
          listen: 16_000,
          until: 2,
        },
        // The date was made before the client was started, and has whole seconds.
        2_500,
      ),
  },
  {
    id: 'client.signed',
    title: 'Every try of a signed client carries a good signature over its very bytes',
    cause: 'The body is serialised once for the signature and once for the request.',
    async run(client) {
      needSigned(client)
      const tries = await playOut(client, [refusal(503, 'X'), refusal(503, 'X')], 12_000)
      must(tries.length > 0, 'nothing was sent')
      for (const request of tries) {
        const { headers, body, path, received } = request
        const x = asExchange(request)
        must(path.endsWith(CALL_EVENT_V1), `it was sent to ${path}`, x)
        must(headers.get(SITE_ID_HEADER), `${SITE_ID_HEADER} is missing`, x)
        const ts = headers.get(TIMESTAMP_HEADER) ?? ''
        must(Math.abs(Number(ts) - received) <= 3, `X-Ops-Ts ${ts} is not fresh at ${received}`, x)
        const good = await sign(SECRET, ts, bytesOf(body))
        must(headers.get(SIGNATURE_HEADER)?.toLowerCase() === good, 'the signature is wrong', x)
      }
    },
  },
  {
    id: 'client.clock',
    title: 'After SIGNATURE_TIMESTAMP_INVALID it corrects its clock and signs again, once at once',
    cause: 'server_ts is not read: a device whose clock is wrong loses every event.',
    async run(client) {
      needSigned(client)
      const ahead = 7_200
      const server_ts = Math.floor(Date.now() / 1000) + ahead
      const tries = await playOut(
        client,
        [
          {
            status: 401,
            body: JSON.stringify({
              error: 'Unauthorized',
              code: 'SIGNATURE_TIMESTAMP_INVALID',
              server_ts,
              request_id: 'x',
            }),
          },
        ],
        FIRST_RETRY + SLACK,
      )
      must(tries.length >= 2, `it did not come again (tries: ${listed(tries)})`)
      const [, second] = tries
      const ts = Number(second!.headers.get(TIMESTAMP_HEADER))
      must(
        Math.abs(ts - server_ts) <= 20,
        `server_ts was ${server_ts}, the next X-Ops-Ts ${ts}`,
        asExchange(second!),
      )
      must(second!.at < 1_500, `it came only after ${listed([second!])}`, asExchange(second!))
      expectSame(tries, '401')
    },
  },
  {
    id: 'client.unsigned',
    title: 'In proxy mode nothing is signed, and no secret leaves the page',
    cause: 'The secret is in the tag of a page that uses a proxy.',
    async run(client) {
      if (client.mode !== 'proxy') throw new NotSeen('this client signs')
      const [request] = await client.play({ replies: [RECORDED], listen: 500 })
      if (!request) throw new Nonconformance('nothing was sent')
      const text = request.body + JSON.stringify([...request.headers])
      must(!request.headers.has(SIGNATURE_HEADER), 'it is signed', asExchange(request))
      must(!text.includes(SECRET), 'the secret was sent', asExchange(request))
    },
  },
])

/** The secret of every scenario's site. It is no secret. */
export const SECRET = 'conformance-secret-of-no-site'
