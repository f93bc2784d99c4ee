import {
  canonicalSiteId,
  CALL_EVENT_V2,
  PROXY_HEADER,
  PROXY_HOST_HEADER,
  SIGNATURE_HEADER,
  SITE_ID_HEADER,
  SYNC,
  TIMESTAMP_HEADER,
} from '@opsmantik/tracker/contract'
import { must, section, type Check } from '../check.js'
import { bytesOf } from '../../probe/exchange.js'
import { expectStatus } from '../expect.js'
import type { Body } from '../server/server.js'
import { forward, forwardedOnce, verify } from './forwarded.js'
import type { ProxyTarget } from './proxy.js'

const BODIES: [name: string, write: (event: string) => Body][] = [
  ['white space around it', (event) => ` \n${event}\r\n`],
  ['spaces inside', (event) => event.replaceAll(',', ' ,\t')],
  [
    'escaped slashes and letters',
    (event) => event.replace('"conformance"', '"\\u0063onformance\\/"'),
  ],
  ['characters beyond ASCII', (event) => event.replace('"conformance"', '"şğı 漢字 😀 é"')],
  ['characters that HTML escapes', (event) => event.replace('"conformance"', `"<b>&amp;'\u2028"`)],
  ['a key twice', (event) => event.replace('{', '{"intent_action":"first",')],
  [
    'numbers that a parser would change',
    (event) => event.replace('{', '{"value":1.0,"a":1e2,"b":12345678901234567890,'),
  ],
  ['an empty object and an empty list', (event) => event.replace('{', '{"a":{},"b":[],')],
  ['backslashes and quotes', (event) => event.replace('"conformance"', '"\\\\ \\" \\\\\\""')],
]

/** Checks the request that reaches the server: path, bytes, signature and headers. */
export const forwardingChecks: readonly Check<ProxyTarget>[] = section<ProxyTarget>(14, [
  {
    id: 'proxy.forwards',
    title: 'An event goes to /api/call-event/v2 of the console, and its answer comes back',
    cause: 'The proxy’s console URL is not the kit’s address.',
    async run(proxy) {
      const { answer, forwarded } = await forward(proxy)
      expectStatus(answer, 200, 'an event')
      must(answer.json['status'] === 'unmatched', `the body is ${answer.text}`, answer)
      must(
        forwarded.method === 'POST' && forwarded.path === CALL_EVENT_V2,
        `it was forwarded as ${forwarded.method} ${forwarded.path}`,
        answer,
      )
    },
  },
  {
    id: 'proxy.bytes',
    title: 'It signs and forwards the very bytes it received',
    cause:
      'The body is parsed and serialised again (json_encode escapes slashes and umlauts), or trimmed.',
    async run(proxy) {
      for (const [name, write] of BODIES) {
        const [id, event] = proxy.event()
        const body = bytesOf(write(event))
        const answer = await proxy.post(body)
        const forwarded = forwardedOnce(proxy, id, answer)
        const sent = new TextDecoder().decode(body)
        const arrived = new TextDecoder().decode(forwarded.body)
        must(arrived === sent, `${name}: sent ${sent}, forwarded ${arrived}`, answer)
        await verify(proxy, forwarded, answer)
      }
    },
  },
  {
    id: 'proxy.signature',
    title: 'The three signature headers are there, good and fresh',
    cause: 'Another secret than the site’s, milliseconds, or a message without the timestamp.',
    async run(proxy) {
      const { answer, forwarded } = await forward(proxy)
      await verify(proxy, forwarded, answer)
      const age = Date.now() / 1000 - Number(forwarded.headers.get(TIMESTAMP_HEADER))
      must(Math.abs(age) < 30, `X-Ops-Ts is ${Math.round(age)} s off`, answer)
      const site = forwarded.headers.get(SITE_ID_HEADER) ?? ''
      const isSame = canonicalSiteId(site) === canonicalSiteId(proxy.options.siteId)
      must(isSame, `${SITE_ID_HEADER} is ${site}`, answer)
    },
  },
  {
    id: 'proxy.signature-anew',
    title: 'The same bytes are signed anew when they come again',
    cause: 'Signatures are cached: a retry after five minutes is refused.',
    async run(proxy) {
      const [id, body] = proxy.event()
      await proxy.post(body)
      await new Promise((resolve) => setTimeout(resolve, 1_100))
      const answer = await proxy.post(body)
      const stamps = proxy.console.received(id).map(({ headers }) => headers.get(TIMESTAMP_HEADER))
      must(stamps.length === 2, `${stamps.length} of 2 tries were forwarded`, answer)
      must(stamps[0] !== stamps[1], `both tries carry X-Ops-Ts ${stamps[0]}`, answer)
    },
  },
  {
    id: 'proxy.marks',
    title: 'It says X-Ops-Proxy: 1 and X-Ops-Proxy-Host: its host',
    cause: 'The headers were forgotten, or name the console.',
    async run(proxy) {
      const { answer, forwarded } = await forward(proxy)
      const mark = forwarded.headers.get(PROXY_HEADER)
      must(mark === '1', `${PROXY_HEADER} is ${mark ?? 'missing'}`, answer)
      const host = forwarded.headers.get(PROXY_HOST_HEADER) ?? ''
      const { hostname, host: own } = new URL(proxy.options.url)
      const pages = new URL(proxy.origin)
      must(
        [hostname, own, pages.hostname, pages.host].includes(host.toLowerCase()),
        `${PROXY_HOST_HEADER} is ${host || 'missing'}, expected ${own}`,
        answer,
      )
    },
  },
  {
    id: 'proxy.forwarded-for',
    title: 'The visitor’s address is appended to X-Forwarded-For',
    cause:
      'The header is forwarded as it came, so that visitors choose their address; or the proxy does not know the address (behind a CDN or in a serverless runtime it has to be configured).',
    async run(proxy) {
      for (const forged of [['198.51.100.77'], ['198.51.100.77', '198.51.100.78']]) {
        const headers = { 'X-Forwarded-For': forged.join(', ') }
        const { answer, forwarded } = await forward(proxy, {}, headers)
        const hops = (forwarded.headers.get('x-forwarded-for') ?? '')
          .split(',')
          .map((hop) => hop.trim())
          .filter(Boolean)
        must(hops.length > 0, 'X-Forwarded-For is missing', answer)
        must(
          !forged.includes(hops.at(-1) ?? ''),
          `X-Forwarded-For ends in ${hops.at(-1)}, which the visitor made up`,
          answer,
        )
      }
    },
  },
  {
    id: 'proxy.content-type',
    title: 'Events arrive whether they are sent as text/plain or as application/json',
    cause: 'The framework reads a body only where its content type is JSON.',
    async run(proxy) {
      for (const type of ['text/plain;charset=UTF-8', 'application/json']) {
        const { answer } = await forward(proxy, {}, { 'Content-Type': type })
        expectStatus(answer, 200, type)
      }
    },
  },
  {
    id: 'proxy.private',
    level: 'SHOULD',
    title: 'The visitor’s cookies and credentials are not forwarded',
    cause: 'All headers are handed on.',
    async run(proxy) {
      const { answer, forwarded } = await forward(
        proxy,
        {},
        {
          Cookie: 'session=visitor',
          'X-Ops-Signature': 'f'.repeat(64),
          'X-Ops-Proxy-Host': 'conformance.invalid',
        },
      )
      must(!forwarded.headers.has('cookie'), 'Cookie was forwarded', answer)
      must(
        forwarded.headers.get(SIGNATURE_HEADER) !== 'f'.repeat(64) &&
          forwarded.headers.get(PROXY_HOST_HEADER) !== 'conformance.invalid',
        'X-Ops-* headers of the visitor were forwarded',
        answer,
      )
    },
  },
  {
    id: 'proxy.sync',
    title: 'Page views go to /api/sync, one or a batch, signed the same way',
    cause: 'Only call events are known.',
    async run(proxy) {
      const view = () => ({
        s: proxy.options.siteId,
        u: `${proxy.origin}/conformance`,
        sid: crypto.randomUUID(),
        sm: '2026-01-01',
        ec: 'page',
        ea: 'view',
        event_id: crypto.randomUUID(),
      })
      const one = view()
      const batch = { events: [view(), view()] }
      for (const [id, body] of [
        [one.event_id, one],
        [batch.events[0]!.event_id, batch],
      ] as const) {
        const answer = await proxy.sync(JSON.stringify(body))
        const forwarded = forwardedOnce(proxy, id, answer)
        must(forwarded.path === SYNC, `it was forwarded to ${forwarded.path}`, answer)
        must(
          new TextDecoder().decode(forwarded.body) === JSON.stringify(body),
          'it was forwarded as other bytes',
          answer,
        )
        must(forwarded.headers.get(PROXY_HEADER) === '1', `${PROXY_HEADER}: 1 is missing`, answer)
        await verify(proxy, forwarded, answer)
      }
    },
  },
])
