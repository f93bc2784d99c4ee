import { CALL_EVENT_V1, CALL_EVENT_V2, EXPOSED_HEADERS, SYNC } from '@opsmantik/tracker/contract'
import { Limited, must, NotSeen, section, type Check } from '../check.js'
import type { Exchange } from '../../probe/exchange.js'
import { expectCors, expectRecorded, expectRefusal, expectVary, listOf } from '../expect.js'
import { type Server, type Signed, type Traces } from './server.js'
import { signedWays } from './ways.js'

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
  'A header is believed that anybody can write. (If the server trusts load balancers and the kit does not go through them, --trusted-proxy-hops says how many.)'
/** More than the coarse limit lets through in a minute. */
const MORE_THAN_COARSE = 320

/** Header values travel as Latin-1. */
const encoded = (text: string): string => String.fromCharCode(...new TextEncoder().encode(text))

const anyAddress = (): string => `198.51.100.${Math.floor(Math.random() * 250)}`

/** Headers that anybody can write, one at a time. */
const spoofs = (hops: number): Record<string, string>[] => {
  // The server's own load balancers append what the kit, who stands before them, cannot choose.
  const trusted = Array.from({ length: hops }, () => '203.0.113.9')
  return [
    { 'X-Forwarded-For': [anyAddress(), ...trusted].join(', ') },
    { 'X-Forwarded-For': [anyAddress(), anyAddress(), ...trusted].join(', ') },
    { 'X-Real-IP': anyAddress() },
    { Forwarded: `for=${anyAddress()}` },
    { 'CF-Connecting-IP': anyAddress() },
    { 'True-Client-IP': anyAddress() },
    { 'X-Ops-Proxy': '1', 'X-Ops-Proxy-Host': 'elsewhere.invalid' },
  ]
}

/** A client over its limit stays there, whatever it claims to be. */
const expectNoFreshBucket = async (
  { options }: Server,
  send: (headers: Record<string, string>) => Promise<Exchange>,
): Promise<void> => {
  for (const headers of spoofs(options.trustedProxyHops ?? 0)) {
    // The first request of a bucket shows nothing if the kit's own hop is a new client.
    const answer = await send(headers)
    const [name] = Object.keys(headers)
    must(
      answer.status === 429,
      `${name}: ${headers[name!]} got a fresh bucket: expected 429, got ${answer.status}`,
      answer,
    )
  }
}

/** What a client has in common when the kit stands in for the server's load balancers. */
const through = ({ options }: Server): Record<string, string> => {
  const hops = options.trustedProxyHops ?? 0
  return hops === 0
    ? {}
    : { 'X-Forwarded-For': Array.from({ length: hops }, () => '203.0.113.9').join(', ') }
}

/** One client of the run, which several checks bring over its limit once, so that a run needs few requests. */
const floodAgent = (server: Server): Record<string, string> => ({
  'User-Agent': `opsmantik-conformance flood ${server.traces.fingerprint.slice(-12)}`,
  ...through(server),
})

const flood = (server: Server, headers: Record<string, string> = {}): Promise<Exchange> =>
  server.post(CALL_EVENT_V1, '{}', { ...floodAgent(server), ...headers })

/** Another client, for two checks of sync. */
const floodSync = (server: Server, headers: Record<string, string> = {}): Promise<Exchange> =>
  server.post(SYNC, 'nonsense', {
    'User-Agent': `opsmantik-conformance flood of sync ${server.traces.fingerprint.slice(-12)}`,
    ...through(server),
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

/** Seconds of a `Retry-After`, which may be a date too (RFC 9110, 10.2.3). */
const secondsOf = (header: string, { headers }: Exchange): number =>
  /^\d+$/.test(header)
    ? Number(header)
    : (Date.parse(header) - (Date.parse(headers.get('date') ?? '') || Date.now())) / 1_000

/** A 429 is like every other refusal: readable for its page, and with a request id. */
const expectLimited = (answer: Exchange, origin: string | null): void => {
  const where = new URL(answer.request.url).pathname
  expectRefusal(answer, 429, 'RATE_LIMITED', `${where}: the request over the limit`)
  const header = answer.headers.get('retry-after')
  const seconds = header === null ? Number.NaN : secondsOf(header, answer)
  must(
    seconds >= 0 && seconds <= 61,
    `${where}: Retry-After of the 429 should be 1 to 60 seconds, is ${header ?? 'missing'}`,
    answer,
  )
  const { retry_after: said, request_id: id } = answer.json
  must(
    Number.isInteger(said) && Math.abs(Number(said) - seconds) <= 1,
    `${where}: retry_after should be ${seconds} as Retry-After is, it is ${JSON.stringify(said)}`,
    answer,
  )
  expectVary(answer, `${where}: the 429`)
  must(
    id === answer.headers.get('x-request-id') && typeof id === 'string',
    `${where}: the 429 should have X-Request-Id and request_id, they are ${answer.headers.get('x-request-id') ?? 'missing'} and ${JSON.stringify(id)}`,
    answer,
  )
  expectRateLimit(answer)
  if (origin === null) return
  expectCors(answer, origin, `${where}: the 429`)
  const exposed = listOf(answer.headers.get('access-control-expose-headers'))
  for (const name of listOf(EXPOSED_HEADERS))
    must(exposed.includes(name), `${where}: the 429 does not expose ${name}`, answer)
}

/** An item of a structured-field list: a string with parameters (RFC 9651, 3.1). */
const ITEM =
  /^"[^"]+"( *; *[a-z*][\w.*-]*(=("[^"]*"|-?[\d.]+|:[^:]*:|\?[01]|[a-z*][\w:/.*-]*))?)*$/i

const expectRateLimit = (answer: Exchange): void => {
  for (const [name, parameter] of [
    ['RateLimit-Policy', 'q'],
    ['RateLimit', 'r'],
  ] as const) {
    const value = answer.headers.get(name)
    must(value, `${new URL(answer.request.url).pathname} (${answer.status}): no ${name}`, answer)
    for (const policy of value.split(/,\s*(?=")/))
      must(
        ITEM.test(policy.trim()) && new RegExp(`; *${parameter}=\\d+`).test(policy),
        `${name} should be a list of "name";${parameter}=…, is ${value}`,
        answer,
      )
  }
}

export const limits: Check<Server>[] = section(9, [
  {
    id: 'limit.headers',
    title: 'Every counted answer has RateLimit-Policy and RateLimit as structured fields',
    cause: 'The X-RateLimit-* of older middleware, or the draft’s older form limit=…, remaining=….',
    async run(server) {
      for (const way of signedWays(server)) {
        const event = way.event()
        expectRateLimit(await way.sendEvent(event))
        expectRateLimit(await way.sendEvent(event))
        expectRateLimit(await way.send('{}'))
      }
      for (const path of [CALL_EVENT_V1, CALL_EVENT_V2])
        expectRateLimit(await server.post(path, '{}'))
      if (!server.posts.includes(SYNC)) return
      expectRateLimit(await server.sync(server.view()))
      expectRateLimit(await server.post(SYNC, 'nonsense'))
    },
  },
  {
    id: 'limit.counts-down',
    title: 'RateLimit says what is left, and a request takes one',
    cause: 'The header shows the policy and no state.',
    async run(server) {
      const left = async (): Promise<[number, Exchange]> => {
        const answer = await server.post(CALL_EVENT_V2, '{}')
        return [Number(/; *r=(\d+)/.exec(answer.headers.get('ratelimit') ?? '')?.[1]), answer]
      }
      for (let tried = 1; ; tried++) {
        const [before] = await left()
        const [after, answer] = await left()
        if (after < before) return
        // A minute that ends between the two gives everybody a new share.
        must(tried < 3, `${before} requests were left before, ${after} after`, answer)
      }
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
          expectLimited(limited, server.origin)
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
      const host = (name: string): Signed => ({
        path: CALL_EVENT_V2,
        headers: { 'X-Ops-Proxy-Host': name },
      })
      const from = (name: string): Promise<Exchange> => server.call(known, host(name))
      await whileLimited(
        () => from('a.conformance.invalid'),
        async (limited) => {
          expectLimited(limited, server.origin)
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
          const event = server.event()
          const refused = await server.call(event, host('a.conformance.invalid'))
          must(
            refused.status === 429,
            `a new event over the limit: expected 429, got ${refused.status}`,
            refused,
          )
          const other = await server.call(event, host('b.conformance.invalid'))
          must(other.status === 200, `another proxy host: expected 200, got ${other.status}`, other)
          must(
            other.json['status'] !== 'noop',
            'an event that the limit refused was answered noop when it came again: it is lost',
            refused,
            other,
          )
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
      expectLimited(limited, server.origin)
    },
  },
  {
    id: 'limit.before-signature',
    title: 'V1 is limited per client before the signature',
    cause:
      'Only recorded events are counted: a flood of wrong signatures costs a database round trip each.',
    async run(server) {
      expectLimited(await flooded(server), server.origin)
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
      for (const path of server.posts) {
        const answer = await server.preflight(path, server.origin, floodAgent(server))
        must(answer.status === 204, `${path}: expected 204, got ${answer.status}`, answer)
      }
    },
  },
  {
    id: 'limit.spoofed-address',
    title: 'On V1 a spoofed X-Forwarded-For does not buy a fresh bucket',
    cause: SPOOFED,
    async run(server) {
      await whileLimited(
        () => flood(server),
        async () => {
          await expectNoFreshBucket(server, (headers) => flood(server, headers))
        },
      )
    },
  },
  {
    id: 'limit.spoofed-address-sync',
    title: 'On sync a spoofed X-Forwarded-For does not buy a fresh bucket',
    cause: SPOOFED,
    async run(server) {
      await whileLimited(
        () => floodSync(server),
        async () => {
          await expectNoFreshBucket(server, (headers) => floodSync(server, headers))
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
  {
    id: 'limit.user-agent',
    title: 'A client is its address and the first 64 characters of its user agent',
    cause:
      'The whole user agent is the key: one more character buys a fresh bucket. Or the address alone is.',
    async run(server) {
      const long = `opsmantik-conformance long ${server.traces.fingerprint.slice(-12)} `.padEnd(
        64,
        'x',
      )
      const from = (agent: string): Promise<Exchange> =>
        server.post(CALL_EVENT_V1, '{}', { 'User-Agent': agent, ...through(server) })
      await whileLimited(
        () => from(long + ' 0'),
        async () => {
          const same = await from(`${long} ${crypto.randomUUID()}`)
          must(
            same.status === 429,
            `another 65th character of the user agent: expected 429, got ${same.status}`,
            same,
          )
          const other = await from(`another ${long}`)
          must(other.status === 401, `another user agent: expected 401, got ${other.status}`, other)
        },
      )
    },
  },
  {
    id: 'limit.proxy-host',
    title: 'An X-Ops-Proxy-Host that is no host name counts as "unknown"',
    cause: 'The header is a key as it came: a new text each time is a fresh bucket each time.',
    async run(server) {
      const known = server.event()
      const invalid = ['no host!', 'a_b.invalid', 'x'.repeat(129), 'a|b', 'a:1', 'ş.invalid']
      const from = (host: string): Promise<Exchange> =>
        server.call(known, { path: CALL_EVENT_V2, headers: { 'X-Ops-Proxy-Host': encoded(host) } })
      await whileLimited(
        () => from('no host'),
        async () => {
          for (const host of invalid) {
            const answer = await from(host)
            must(
              answer.status === 429,
              `X-Ops-Proxy-Host ${JSON.stringify(host.slice(0, 20))}: expected 429, got ${answer.status}`,
              answer,
            )
          }
        },
      )
    },
  },
  {
    id: 'limit.v2-visitor',
    title: 'On V2 each visitor that the proxy reports has a share of his own',
    cause: 'The proxy’s address is the key: all visitors of a shop are refused together.',
    async run(server) {
      const known = server.event()
      const from = (visitor: string): Promise<Exchange> =>
        server.call(known, {
          path: CALL_EVENT_V2,
          headers: {
            'X-Forwarded-For': [visitor, through(server)['X-Forwarded-For']]
              .filter(Boolean)
              .join(', '),
          },
        })
      await whileLimited(
        () => from('198.51.100.77'),
        async () => {
          const other = await from('203.0.113.50')
          must(
            other.status === 200,
            `another visitor of the same proxy: expected 200, got ${other.status}`,
            other,
          )
          const claimed = await from('192.0.2.9, 198.51.100.77')
          must(
            claimed.status === 429,
            `the same visitor behind a hop that he made up: expected 429, got ${claimed.status}`,
            claimed,
          )
        },
      )
    },
  },
  {
    id: 'limit.per-site',
    title: 'V1’s limit is counted for each site apart',
    cause: 'One bucket for all sites: a busy customer uses up another’s share.',
    async run(server) {
      const { otherSiteId: site, otherSecret: secret } = server.options
      if (!site || !secret)
        throw new NotSeen('needs --other-site-id and --other-secret-env, a second site')
      const known = server.event()
      await whileLimited(
        () => server.call(known),
        async () => {
          const other = await server.call(server.event({ site_id: site }), { site, secret })
          must(other.status === 200, `another site: expected 200, got ${other.status}`, other)
        },
      )
    },
  },
])
