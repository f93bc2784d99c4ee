import { CALL_EVENT_V1, CALL_EVENT_V2, SYNC } from '@opsmantik/tracker/contract'
import { must, NotSeen, section, type Check } from '../check.js'
import type { Exchange } from '../../probe/exchange.js'
import { expectRecorded, expectRefusal } from '../expect.js'
import { expectLimited, expectRateLimit } from './expect-limited.js'
import { flooded, floodAgent, floodSync, untilLimited, whileLimited } from './flood.js'
import type { Server, Signed } from './server.js'
import { signedWays } from './ways.js'

const NOBODY = '00000000-0000-4000-8000-00000000dead'

/** Checks the refusals of a limit: their words, and their step of section 5. */
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
])
