import { CALL_EVENT_V1, CALL_EVENT_V2, SYNC } from '@opsmantik/tracker/contract'
import { Limited, must, NotSeen, section, type Check } from '../check.js'
import type { Exchange } from '../exchange.js'
import { expectCors, expectRecorded, expectRefusal } from '../expect.js'
import type { Server, Traces } from './server.js'

/** More than this many requests are not sent for a limit's sake. */
const MOST = 1_000
const AT_ONCE = 20
const NOBODY = '00000000-0000-4000-8000-00000000dead'

/** Sends until one is refused with 429. */
const untilLimited = async (send: () => Promise<Exchange>): Promise<Exchange> => {
  for (let sent = 0; sent < MOST; sent += AT_ONCE) {
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, send))
    const limited = answers.find(({ status }) => status === 429)
    if (limited) return limited
  }
  throw new NotSeen(`${MOST} requests in a row were not limited; RATE_LIMIT_* is higher here`)
}

/** Looks at what holds over the limit. A minute that ends in the middle gives everybody a new share: then once more. */
const whileLimited = async (
  send: () => Promise<Exchange>,
  look: (limited: Exchange) => Promise<void>,
  isStill: () => Promise<Exchange> = send,
): Promise<void> => {
  const limited = await untilLimited(send)
  try {
    await look(limited)
  } catch (error) {
    if ((await isStill()).status === 429) throw error
    await look(await untilLimited(send))
  }
}

const SPOOFED =
  'A hop of X-Forwarded-For is believed that anybody can write. (With TRUSTED_PROXY_HOPS set and no load balancer before the server, the kit is the load balancer.)'
/** More than the coarse limit lets through in a minute. */
const MORE_THAN_COARSE = 320

/** Headers that anybody can write. */
const spoofed = (): Record<string, string> => ({
  'X-Forwarded-For': `198.51.100.${Math.floor(Math.random() * 250)}`,
  'X-Real-IP': '198.51.100.7',
  Forwarded: 'for=198.51.100.7',
})

/** One client of the run, which several checks bring over its limit once, so that a run needs few requests. */
const floodAgent = ({ traces }: Server): Record<string, string> => ({
  'User-Agent': `opsmantik-conformance flood ${traces.fingerprint.slice(-12)}`,
})

const flood = (server: Server, headers: Record<string, string> = {}): Promise<Exchange> =>
  server.post(CALL_EVENT_V1, '{}', { ...floodAgent(server), ...headers })

/** Another client, for two checks of sync. */
const floodSync = (server: Server, headers: Record<string, string> = {}): Promise<Exchange> =>
  server.post(SYNC, 'nonsense', {
    'User-Agent': `opsmantik-conformance flood of sync ${server.traces.fingerprint.slice(-12)}`,
    ...headers,
  })

const floods = new WeakMap<Traces, Promise<Exchange>>()

/** Brings that client over its limit on V1, and again if the minute has ended since. */
const flooded = async (server: Server): Promise<Exchange> => {
  const known = floods.get(server.traces)
  if (known) {
    await known
    const answer = await flood(server)
    if (answer.status === 429) return answer
  }
  const limited = untilLimited(() => flood(server))
  floods.set(server.traces, limited)
  limited.catch((error: unknown) => {
    // The check waits and begins again; that it was not limited at all is found out once.
    if (error instanceof Limited) floods.delete(server.traces)
  })
  return limited
}

const expectLimited = (answer: Exchange): void => {
  expectRefusal(answer, 429, 'RATE_LIMITED', 'the request over the limit')
  const header = answer.headers.get('retry-after')
  must(
    /^\d+$/.test(header ?? '') && Number(header) >= 1 && Number(header) <= 60,
    `Retry-After should be 1 to 60 seconds, is ${header ?? 'missing'}`,
    answer,
  )
  must(
    answer.json['retry_after'] === Number(header),
    `retry_after is ${String(answer.json['retry_after'])}, Retry-After ${header}`,
    answer,
  )
}

export const limits: Check<Server>[] = section(9, [
  {
    id: 'limit.headers',
    title: 'Every counted answer has RateLimit-Policy and RateLimit as structured fields',
    cause: 'The X-RateLimit-* of older middleware, or the draft’s older form limit=…, remaining=….',
    async run(server) {
      const item = /^"[^"]+"(;[a-z]+=("[^"]*"|\d+|:[^:]*:))*$/
      for (const answer of [
        await server.call(server.event()),
        await server.post(CALL_EVENT_V1, '{}'),
        await server.sync(server.view()),
      ])
        for (const [name, parameter] of [
          ['RateLimit-Policy', 'q'],
          ['RateLimit', 'r'],
        ] as const) {
          const value = answer.headers.get(name)
          must(value, `no ${name} (${answer.status})`, answer)
          for (const policy of value.split(/,\s*(?=")/))
            must(
              item.test(policy.trim()) && new RegExp(`;${parameter}=\\d+`).test(policy),
              `${name}: ${value} is not "name";${parameter}=…`,
              answer,
            )
        }
    },
  },
  {
    id: 'limit.counts-down',
    title: 'RateLimit says what is left, and a request takes one',
    cause: 'The header shows the policy and no state.',
    async run(server) {
      const left = async (): Promise<[number, Exchange]> => {
        const answer = await server.post(CALL_EVENT_V2, '{}')
        return [Number(/;r=(\d+)/.exec(answer.headers.get('ratelimit') ?? '')?.[1]), answer]
      }
      const [before] = await left()
      const [after, answer] = await left()
      must(after < before, `${before} were left before, ${after} after`, answer)
    },
  },
  {
    id: 'limit.v1',
    title:
      'V1 is limited per site and client: 429 with retry_after and Retry-After; an event refused so is recorded later',
    cause:
      'No limit, or a limit that stands after the replay check: the retry is answered noop, and the event is lost.',
    async run(server) {
      const known = server.event()
      await whileLimited(
        () => server.call(known),
        async (limited) => {
          expectLimited(limited)
          expectCors(limited, server.origin, 'the 429')
          const unsigned = await server.post(CALL_EVENT_V1, '{}')
          must(
            unsigned.status === 401,
            'it was the coarse limit of the client that refused, and not one of the site’s own',
            unsigned,
          )
          const event = server.event()
          expectRefusal(await server.call(event), 429, 'RATE_LIMITED', 'a new event over the limit')
          expectRefusal(
            await server.call(server.event({ site_id: NOBODY })),
            400,
            'INVALID_SITE_ID',
            'a site that does not exist, which is looked at before the site’s limit',
          )
          // Another client, so that nobody has to wait for a minute.
          const other = { 'User-Agent': 'opsmantik-conformance another ' + crypto.randomUUID() }
          expectRecorded(
            await server.call(event, { headers: other }),
            'the same event from another client',
          )
        },
        // Not the known one: a server that is wrong may answer that without looking at its limit.
        () => server.call(server.event()),
      )
    },
  },
  {
    id: 'limit.v2',
    title:
      'V2 is limited per site, proxy host and client, and another proxy host has its own share',
    cause:
      'The proxy’s address is the key: all visitors of a customer share one bucket, or all customers do.',
    async run(server) {
      const known = server.event()
      const from = (host: string): Promise<Exchange> =>
        server.call(known, { path: CALL_EVENT_V2, headers: { 'X-Ops-Proxy-Host': host } })
      await whileLimited(
        () => from('a.conformance.invalid'),
        async (limited) => {
          expectLimited(limited)
          const unsigned = await server.post(CALL_EVENT_V2, '{}')
          if (unsigned.status === 429)
            throw new NotSeen(
              'the limit of the address is reached first; RATE_LIMIT_V2 is higher here',
            )
          const written = await from('A.conformance.INVALID')
          must(
            written.status === 429,
            'the same host in upper case got a bucket of its own',
            written,
          )
          const other = await from('b.conformance.invalid')
          must(other.status === 200, `another proxy host got ${other.status}`, other)
        },
      )
    },
  },
  {
    id: 'limit.sync',
    title: 'Sync is limited per client',
    cause: 'Only call events are counted.',
    async run(server) {
      const limited = await untilLimited(() => floodSync(server))
      expectLimited(limited)
    },
  },
  {
    id: 'limit.before-signature',
    title: 'V1 is limited per client before the signature',
    cause:
      'Only recorded events are counted: a flood of wrong signatures costs a database round trip each.',
    async run(server) {
      expectLimited(await flooded(server))
    },
  },
  {
    id: 'limit.after-type',
    title: 'The coarse limit comes after origin, size and content type',
    cause:
      'The limiter is the first middleware: what is refused for nothing uses up a visitor’s share.',
    async run(server) {
      await flooded(server)
      for (const [status, code, headers, body] of [
        [403, 'ORIGIN_NOT_ALLOWED', { Origin: 'https://conformance.invalid' }, '{}'],
        [413, 'PAYLOAD_TOO_LARGE', {}, ' '.repeat(65_537)],
        [415, 'UNSUPPORTED_MEDIA_TYPE', { 'Content-Type': 'application/xml' }, '{}'],
      ] as const)
        expectRefusal(
          await server.post(CALL_EVENT_V1, body, { ...floodAgent(server), ...headers }),
          status,
          code,
          'over the limit, and wrong in an earlier way',
        )
    },
  },
  {
    id: 'limit.preflight-free',
    title: 'A client over its limit still gets its preflight',
    cause: 'Preflights are counted: the browser reports a CORS error where it should read 429.',
    async run(server) {
      await flooded(server)
      const answer = await server.preflight(CALL_EVENT_V1, server.origin, floodAgent(server))
      must(answer.status === 204, `got ${answer.status}`, answer)
    },
  },
  {
    id: 'limit.spoofed-address',
    level: 'SHOULD',
    title: 'On V1 a spoofed X-Forwarded-For does not buy a fresh bucket',
    cause: SPOOFED,
    async run(server) {
      await whileLimited(
        () => flood(server),
        async () => {
          const answer = await flood(server, spoofed())
          must(answer.status === 429, `got ${answer.status}`, answer)
        },
      )
    },
  },
  {
    id: 'limit.spoofed-address-sync',
    level: 'SHOULD',
    title: 'On sync a spoofed X-Forwarded-For does not buy a fresh bucket',
    cause: SPOOFED,
    async run(server) {
      await whileLimited(
        () => floodSync(server),
        async () => {
          const answer = await floodSync(server, spoofed())
          must(answer.status === 429, `got ${answer.status}`, answer)
        },
      )
    },
  },
  {
    id: 'limit.own-buckets',
    title: 'Sync has a limit of its own',
    cause: 'One counter for all endpoints: page views use up the calls’ share.',
    async run(server) {
      await flooded(server)
      const answer = await server.post(SYNC, 'nonsense', floodAgent(server))
      must(answer.status !== 429, 'sync is refused because call events were too many', answer)
    },
  },
  {
    id: 'limit.v2-address-only',
    title: 'Before the signature, a V2 request counts for its address only',
    cause:
      'The coarse limit of browsers holds for V2 too: all visitors of a shop come from its proxy, and are refused after 300 a minute.',
    async run(server) {
      const agent = { 'User-Agent': 'opsmantik-conformance one proxy' }
      for (let sent = 0; sent < MORE_THAN_COARSE; sent += AT_ONCE) {
        const answers = await Promise.all(
          Array.from({ length: AT_ONCE }, () => server.post(CALL_EVENT_V2, '{}', agent)),
        )
        for (const answer of answers)
          expectRefusal(answer, 401, 'SIGNATURE_REQUIRED', `one of ${sent + AT_ONCE} unsigned`)
      }
    },
  },
])
