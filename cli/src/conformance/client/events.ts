import {
  CALL_EVENT_V1,
  CALL_FIELDS,
  sign,
  SIGNATURE_HEADER,
  SITE_ID_HEADER,
  TIMESTAMP_HEADER,
  UUID,
  type CallField,
} from '@opsmantik/tracker/contract'
import { must, Nonconformance, NotSeen, section, type Check } from '../check.js'
import { bytesOf } from '../../probe/exchange.js'
import { asExchange, SECRET, type Client, type Script, type Try } from './client.js'
import { playOut, RECORDED, refusal } from './expect.js'

const FIELDS = new Map<string, CallField>(Object.entries(CALL_FIELDS))
/** Click ids as a stranger can write them into a link: a NUL, 300 characters, a lone surrogate in UTF-8. */
const HOSTILE = `?gclid=a%00b&wbraid=${'x'.repeat(300)}&gbraid=%ED%A0%80&click_id=%F0%9F`

const first = async (client: Client, script: Partial<Script> = {}): Promise<Try> => {
  const [request] = await client.play({ replies: [RECORDED], listen: 500, until: 1, ...script })
  if (!request) throw new Nonconformance('nothing was sent')
  return request
}

/** Says what the contract's section 6 does not allow about a value; undefined if it does. */
const problemOf = (name: string, value: unknown): string | undefined => {
  const field = FIELDS.get(name)
  if (!field) return `${name} is no field of the contract`
  if (value === null) return field.nullable ? undefined : `${name} is null`
  if (field.type === 'numeric')
    return Number.isFinite(Number(value)) && String(value).trim() !== ''
      ? undefined
      : `${name} is no number: ${JSON.stringify(value)}`
  if (typeof value !== 'string') return `${name} is no string: ${JSON.stringify(value)}`
  if (value.length > field.max) return `${name} is longer than ${field.max}`
  return value.includes('\0') || /\p{Cs}/u.test(value)
    ? `${name} holds what no database stores: ${JSON.stringify(value)}`
    : undefined
}

const expectValid = (request: Try): void => {
  const x = asExchange(request)
  for (const [name, value] of Object.entries(request.json)) {
    const problem = problemOf(name, value)
    must(problem === undefined, problem ?? '', x)
  }
  must(UUID.test(String(request.json['event_id'])), 'event_id is no UUID', x)
  must(request.json['fingerprint'], 'fingerprint is missing', x)
  must(request.json['site_id'], 'site_id is missing', x)
}

/** What a client sends, and how each attempt is signed. */
export const events: Check<Client>[] = [
  ...section<Client>(6, [
    {
      id: 'client.body',
      title: 'A call event holds the fields of section 6 and no other',
      cause: 'A field of the tracker’s own: other servers are strict.',
      run: async (client) => expectValid(await first(client)),
    },
    {
      id: 'client.body-of-hostile-page',
      title:
        'A value that the contract does not allow is left out, whatever the page’s address holds',
      cause:
        'A click id is copied from the address as it is: one link with %00 makes the server refuse every press of that tab.',
      run: async (client) => expectValid(await first(client, { query: HOSTILE })),
    },
    {
      id: 'client.stamp',
      level: 'SHOULD',
      title: 'intent_stamp is <ms>-<4 base36>-<kind>-<6 base36>',
      cause: 'Another separator, or digits left out.',
      async run(client) {
        const request = await first(client)
        const stamp = request.json['intent_stamp']
        if (stamp === undefined) throw new NotSeen('this client sends no intent_stamp')
        must(
          /^\d{13}-[\da-z]{4}-.{1,32}-[\da-z]{6}$/.test(String(stamp)),
          `it is ${String(stamp)}`,
          asExchange(request),
        )
      },
    },
  ]),
  ...section<Client>(13, [
    {
      id: 'client.same-body',
      title: 'Every attempt has the same event_id and the same body',
      cause: 'The body is built anew for each attempt, with another time or another page in it.',
      async run(client) {
        const tries = await playOut(client, [refusal(503, 'X'), refusal(503, 'X')], 12_000)
        must(tries.length >= 2, `it was sent ${tries.length} times`)
        must(
          new Set(tries.map(({ body }) => body)).size === 1,
          'the attempts have different bodies',
          ...tries.map(asExchange),
        )
      },
    },
    {
      id: 'client.signed',
      title: 'Every try of a signed client carries a good signature over its very bytes',
      cause: 'The body is serialised once for the signature and once for the request.',
      async run(client) {
        if (client.mode !== 'signed') throw new NotSeen('in proxy mode the proxy signs')
        const tries = await playOut(client, [refusal(503, 'X'), refusal(503, 'X')], 12_000)
        must(tries.length > 0, 'nothing was sent')
        for (const request of tries) {
          const { headers, body, path, received } = request
          const x = asExchange(request)
          must(path.endsWith(CALL_EVENT_V1), `it was sent to ${path}`, x)
          must(headers.get(SITE_ID_HEADER), `${SITE_ID_HEADER} is missing`, x)
          const ts = headers.get(TIMESTAMP_HEADER) ?? ''
          must(
            Math.abs(Number(ts) - received) <= 3,
            `X-Ops-Ts ${ts} is not fresh at ${received}`,
            x,
          )
          const good = await sign(SECRET, ts, bytesOf(body))
          must(headers.get(SIGNATURE_HEADER)?.toLowerCase() === good, 'the signature is wrong', x)
        }
      },
    },
    {
      id: 'client.unsigned',
      title: 'In proxy mode nothing is signed, and no secret leaves the page',
      cause: 'The secret is in the tag of a page that uses a proxy.',
      async run(client) {
        if (client.mode !== 'proxy') throw new NotSeen('this client signs')
        const request = await first(client)
        const text = request.body + JSON.stringify([...request.headers])
        must(!request.headers.has(SIGNATURE_HEADER), 'it is signed', asExchange(request))
        must(!text.includes(SECRET), 'the secret was sent', asExchange(request))
      },
    },
  ]),
]
