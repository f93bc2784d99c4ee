import { CALL_EVENT_V1, CALL_EVENT_V2, SYNC } from '@opsmantik/tracker/contract'
import { must, NotSeen, section, type Check } from '../check.js'
import type { Exchange } from '../../probe/exchange.js'
import { expectRefusal } from '../expect.js'
import { AT_ONCE, flood, flooded, floodAgent, floodSync, through, whileLimited } from './flood.js'
import type { Server } from './server.js'

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

/** Checks which requests a limit counts together: its key. */
export const limitKeys: Check<Server>[] = section(9, [
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
    id: 'limit.v2-ipv6',
    title: 'An IPv6 address counts by its /64',
    cause:
      'The whole address is the key: one visitor has as many shares as his network has addresses.',
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
        () => from('2001:db8:1:2::1'),
        async () => {
          for (const address of ['2001:db8:1:2:ffff::9', '2001:0DB8:0001:0002:0:0:0:1']) {
            const same = await from(address)
            must(
              same.status === 429,
              `${address}, of the same /64 as 2001:db8:1:2::1: expected 429, got ${same.status}`,
              same,
            )
          }
          const other = await from('2001:db8:1:3::1')
          must(other.status === 200, `another /64: expected 200, got ${other.status}`, other)
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
