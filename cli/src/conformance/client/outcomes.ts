import { TIMESTAMP_HEADER } from '@opsmantik/tracker/contract'
import { must, NotSeen, section, type Check } from '../check.js'
import { asExchange, type Client, type Script } from './client.js'
import {
  all,
  expectDropped,
  expectForgotten,
  expectKept,
  expectRetried,
  expectSameEvent,
  expectSilence,
  FIRST_RETRY_MS,
  htmlReply,
  listed,
  playOut,
  RARELY_MIN_MS,
  RECORDED,
  refusal,
  SLACK_MS,
} from './expect.js'

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

/** The rows of the table of section 13: a response, and what the client does. */
export const outcomes: Check<Client>[] = section<Client>(13, [
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
    id: 'client.retries',
    title:
      'After a 503 the same event comes again, the first time within 2 s, until it is recorded',
    cause: 'One retry only, or none; or the retry is a new event.',
    async run(client) {
      const tries = await playOut(client, [refusal(503, 'X'), refusal(503, 'X')], 12_000)
      must(tries.length >= 3, `it was sent ${tries.length} times: ${listed(tries)}`)
      must(
        tries[1]!.at <= FIRST_RETRY_MS + SLACK_MS,
        `the first retry came after ${listed(tries.slice(1, 2))}`,
      )
      expectSameEvent(tries, '503 twice')
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
    isSlow: true,
    title: 'A page of HTML, whatever its status below 500, keeps the event: it comes again',
    cause: 'A captive portal’s 200 makes the client forget, or a firewall’s 403 makes it drop.',
    run: (client) =>
      all(
        [200, 403, 404].map((status) =>
          expectKept(client, htmlReply(status), `HTML with ${status}`),
        ),
      ),
  },
  {
    id: 'client.no-code',
    isSlow: true,
    title: 'A 4xx without a code of the contract keeps the event: it comes again',
    cause:
      'A proxy whose plugin is switched off, or a gateway’s own limit, makes every client forget.',
    run: (client) =>
      all(
        [400, 403, 404, 405, 413].map((status) =>
          expectKept(client, refusal(status), `${status} without code`),
        ),
      ),
  },
  {
    id: 'client.keeps-refused',
    isSlow: true,
    title: 'A refusal that the configuration caused keeps the event: it comes again',
    cause:
      'Every 4xx with a code drops the event: a secret or an origin that was mistyped loses each press until somebody notices.',
    run: (client) =>
      all(
        (
          [
            [400, 'INVALID_SITE_ID'],
            [401, 'SIGNATURE_REQUIRED'],
            [401, 'SIGNATURE_INVALID'],
            [401, 'SITE_MISMATCH'],
            [403, 'ORIGIN_NOT_ALLOWED'],
            [403, 'ORIGIN_REQUIRED'],
            [404, 'NOT_FOUND'],
            [405, 'METHOD_NOT_ALLOWED'],
            [415, 'UNSUPPORTED_MEDIA_TYPE'],
          ] as const
        ).map(([status, code]) => expectKept(client, refusal(status, code), `${status} ${code}`)),
      ),
  },
  {
    id: 'client.retries-rarely',
    title:
      'After a refusal that the configuration caused, the first retry comes after about a minute',
    cause: 'It is retried like a 503: a busy shop with a wrong secret floods its server.',
    run: (client) =>
      all([
        expectSilence(
          client,
          refusal(401, 'SIGNATURE_INVALID'),
          '401 SIGNATURE_INVALID',
          RARELY_MIN_MS,
        ),
        expectSilence(client, htmlReply(200), 'HTML with 200', RARELY_MIN_MS),
        expectSilence(client, refusal(404), '404 without code', RARELY_MIN_MS),
      ]),
  },
  {
    id: 'client.drops',
    isSlow: true,
    title: 'Only 400 INVALID_JSON, 400 INVALID_BODY and 413 PAYLOAD_TOO_LARGE drop the event',
    cause: 'An event that no server can ever record is retried for ever.',
    run: (client) =>
      all(
        (
          [
            [400, 'INVALID_JSON'],
            [400, 'INVALID_BODY'],
            [413, 'PAYLOAD_TOO_LARGE'],
          ] as const
        ).map(([status, code]) =>
          expectDropped(client, refusal(status, code), `${status} ${code}`),
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
    id: 'client.clock',
    title: 'After SIGNATURE_TIMESTAMP_INVALID it corrects its clock and signs again, once at once',
    cause: 'server_ts is not read: a device whose clock is wrong loses every event.',
    async run(client) {
      if (client.mode !== 'signed') throw new NotSeen('in proxy mode the proxy signs')
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
        FIRST_RETRY_MS + SLACK_MS,
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
      expectSameEvent(tries, '401')
    },
  },
])
