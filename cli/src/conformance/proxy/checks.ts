import {
  canonicalSiteId,
  CALL_EVENT_V2,
  PROXY_HEADER,
  PROXY_HOST_HEADER,
  sign,
  SIGNATURE,
  SIGNATURE_HEADER,
  SITE_ID_HEADER,
  SYNC,
  TIMESTAMP,
  TIMESTAMP_HEADER,
} from '@opsmantik/tracker/contract'
import { must, Nonconformance, NotSeen, section, type Check } from '../check.js'
import { bytesOf, type Exchange } from '../../probe/exchange.js'
import { expectRefusal, expectStatus } from '../expect.js'
import type { Body } from '../server/server.js'
import { FOREIGN, forwardedOnce, shown } from './forwarded.js'
import { originChecks } from './origin-checks.js'
import type { Forwarded, ProxyTarget } from './proxy.js'
import { upstreamChecks } from './upstream-checks.js'

const OTHER_SITE = '00000000-0000-4000-8000-00000000dead'

const forward = async (proxy: ProxyTarget, fields?: object, headers?: Record<string, string>) => {
  const [id, body] = proxy.event(fields)
  const answer = await proxy.post(body, headers)
  return { id, body, answer, forwarded: forwardedOnce(proxy, id, answer) }
}

const verify = async (proxy: ProxyTarget, { headers, body }: Forwarded, answer: Exchange) => {
  const ts = headers.get(TIMESTAMP_HEADER) ?? ''
  const signature = headers.get(SIGNATURE_HEADER) ?? ''
  must(TIMESTAMP.test(ts), `${TIMESTAMP_HEADER} is ${ts || 'missing'}`, answer)
  must(SIGNATURE.test(signature), `${SIGNATURE_HEADER} is no 64 hex digits`, answer)
  must(
    signature.toLowerCase() === (await sign(proxy.secret, ts, body)),
    'the signature is not that of the bytes that were forwarded',
    answer,
  )
}

const expectUnsent = (proxy: ProxyTarget, id: string, answer: Exchange): void =>
  must(proxy.console.received(id).length === 0, 'it was forwarded all the same', answer)

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

const mainChecks: readonly Check<ProxyTarget>[] = section<ProxyTarget>(14, [
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
    id: 'proxy.foreign-origin',
    title: 'A foreign Origin is 403, and nothing is forwarded',
    cause: 'Everybody’s page can use the proxy to sign what it likes.',
    async run(proxy) {
      const { protocol, host } = new URL(proxy.origin)
      for (const origin of [
        FOREIGN,
        'null',
        `${proxy.origin}.conformance.invalid`,
        `${protocol}//conformance-${host}`,
        `${protocol}//${host}@conformance.invalid`,
      ]) {
        const [id, body] = proxy.event()
        const answer = await proxy.post(body, { Origin: origin })
        must(answer.status === 403, `${origin}: expected 403, got ${shown(answer)}`, answer)
        expectUnsent(proxy, id, answer)
      }
    },
  },
  {
    id: 'proxy.foreign-origin-code',
    level: 'SHOULD',
    title: 'The refusal of a foreign Origin says ORIGIN_NOT_ALLOWED, and CORS allows it nothing',
    cause: 'The platform adds CORS headers of its own to every answer.',
    async run(proxy) {
      const [, body] = proxy.event()
      const answer = await proxy.post(body, { Origin: FOREIGN })
      expectRefusal(answer, 403, 'ORIGIN_NOT_ALLOWED', 'a foreign Origin')
      must(
        !answer.headers.has('access-control-allow-origin'),
        `Access-Control-Allow-Origin is ${answer.headers.get('access-control-allow-origin')}`,
        answer,
      )
    },
  },
  {
    id: 'proxy.size',
    title: '65,536 bytes pass, one more is 413 and is not forwarded',
    cause: 'The web server’s own limit, which answers in HTML; or none.',
    async run(proxy) {
      const [id, event] = proxy.event()
      const most = await proxy.post(event + ' '.repeat(65_536 - event.length))
      expectStatus(most, 200, '65,536 bytes')
      must(
        forwardedOnce(proxy, id, most).body.length === 65_536,
        'they were not forwarded whole',
        most,
      )
      const [other, body] = proxy.event()
      const answer = await proxy.post(body + ' '.repeat(65_537 - body.length))
      must(answer.status === 413, `65,537 bytes: expected 413, got ${shown(answer)}`, answer)
      expectUnsent(proxy, other, answer)
    },
  },
  {
    id: 'proxy.not-an-object',
    title: 'What is no JSON object is 400',
    cause: 'It is forwarded, and the console’s refusal costs a signature.',
    async run(proxy) {
      for (const body of ['', 'nonsense', '[]', 'null', '5', '"x"', '{"site_id":']) {
        const answer = await proxy.post(body)
        must(
          answer.status === 400,
          `${body || 'nothing'}: expected 400, got ${shown(answer)}`,
          answer,
        )
      }
    },
  },
  {
    id: 'proxy.site-missing',
    title: 'A missing site_id is 400',
    cause: 'The proxy fills in its own, and then forwards other bytes than it received.',
    async run(proxy) {
      for (const site_id of [undefined, null, 5, '']) {
        const [id, body] = proxy.event({ site_id })
        const answer = await proxy.post(body)
        must(
          answer.status === 400,
          `site_id ${JSON.stringify(site_id)}: expected 400, got ${shown(answer)}`,
          answer,
        )
        expectUnsent(proxy, id, answer)
      }
    },
  },
  {
    id: 'proxy.site-other',
    level: 'SHOULD',
    title: 'Another site than the proxy’s own is 400',
    cause: 'The proxy was not told its site, and signs for whatever the body names.',
    async run(proxy) {
      const [id, body] = proxy.event({ site_id: OTHER_SITE })
      const answer = await proxy.post(body)
      if (answer.status < 300 && proxy.console.received(id).length > 0)
        throw new NotSeen('this proxy is not bound to one site (it forwarded another’s event)')
      must(answer.status === 400, `expected 400, got ${shown(answer)}`, answer)
      expectUnsent(proxy, id, answer)
    },
  },
  {
    id: 'proxy.answers',
    title: 'The console’s status, JSON body and Retry-After come back',
    cause:
      'Everything that is not 200 becomes 500 or 502, or Retry-After is lost: trackers retry what was refused for good.',
    async run(proxy) {
      for (const [status, code, headers] of [
        [400, 'INVALID_BODY', {}],
        [401, 'SIGNATURE_TIMESTAMP_INVALID', {}],
        [403, 'ORIGIN_NOT_ALLOWED', {}],
        [429, 'RATE_LIMITED', { 'Retry-After': '17' }],
        [500, 'INTERNAL', {}],
        [503, 'STORE_UNAVAILABLE', { 'Retry-After': '3' }],
      ] as [number, string, Record<string, string>][]) {
        const [id, body] = proxy.event()
        const json = { error: 'Played by the kit', code, request_id: id, server_ts: 1_767_225_600 }
        proxy.console.answer(id, { status, body: JSON.stringify(json), headers })
        const answer = await proxy.post(body)
        expectStatus(answer, status, `the console answered ${status}`)
        must(
          JSON.stringify(answer.json) === JSON.stringify(json),
          `the console’s body was ${JSON.stringify(json)}, what came back ${answer.text.slice(0, 300)}`,
          answer,
        )
        const said = answer.headers.get('retry-after')
        must(
          said === (headers['Retry-After'] ?? null),
          `Retry-After was ${headers['Retry-After'] ?? 'absent'}, what came back ${said ?? 'nothing'}`,
          answer,
        )
      }
    },
  },
  {
    id: 'proxy.empty-answers',
    level: 'SHOULD',
    title: 'A 202 or 204 without a body comes back as a success',
    cause: 'An empty body is no JSON, and becomes 502: the event is sent again and again.',
    async run(proxy) {
      for (const status of [202, 204]) {
        const [id, body] = proxy.event()
        proxy.console.answer(id, { status })
        const answer = await proxy.post(body)
        must(
          answer.status >= 200 && answer.status < 300,
          `${status} became ${shown(answer)}`,
          answer,
        )
      }
    },
  },
  {
    id: 'proxy.timeout',
    title: 'A console that does not answer within 4 s is 504 UPSTREAM_TIMEOUT',
    cause: 'The HTTP client’s own time-out, often 30 s: PHP workers pile up.',
    async run(proxy) {
      const [id, body] = proxy.event()
      proxy.console.answer(id, 'hang')
      const began = performance.now()
      let answer: Exchange
      try {
        answer = await proxy.post(body)
      } catch {
        throw new Nonconformance('no answer within 10 s')
      }
      expectRefusal(answer, 504, 'UPSTREAM_TIMEOUT', 'the console never answered')
      const took = (performance.now() - began) / 1000
      must(took > 3 && took < 7, `it answered after ${took.toFixed(1)} s`, answer)
    },
  },
  {
    id: 'proxy.unreachable',
    title: 'A console that cannot be reached is 502 UPSTREAM_UNREACHABLE',
    cause: 'An exception becomes the platform’s 500 page.',
    async run(proxy) {
      const [id, body] = proxy.event()
      proxy.console.answer(id, 'reset')
      expectRefusal(
        await proxy.post(body),
        502,
        'UPSTREAM_UNREACHABLE',
        'the connection was closed',
      )
    },
  },
  {
    id: 'proxy.html',
    level: 'SHOULD',
    title: 'A page of HTML from in between is not handed on as a success',
    cause: 'The status alone is looked at.',
    async run(proxy) {
      const [id, body] = proxy.event()
      proxy.console.answer(id, {
        status: 200,
        body: '<!doctype html><title>Log in</title>',
        headers: { 'Content-Type': 'text/html' },
      })
      const answer = await proxy.post(body)
      must(
        answer.status >= 500 || /html/.test(answer.headers.get('content-type') ?? ''),
        `it became ${shown(answer)}`,
        answer,
      )
    },
  },
  {
    id: 'proxy.redirect',
    level: 'SHOULD',
    title: 'A redirect is not followed',
    cause:
      'The HTTP client’s default: the POST becomes a GET, or the signature goes to somebody else.',
    async run(proxy) {
      const [id, body] = proxy.event()
      proxy.console.answer(id, {
        status: 307,
        headers: { Location: proxy.console.url + '/elsewhere' },
      })
      const answer = await proxy.post(body)
      const paths = proxy.console.received(id).map(({ path }) => path)
      must(!paths.includes('/elsewhere'), 'it was followed', answer)
      must(answer.status >= 300, `it became ${shown(answer)}`, answer)
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
    id: 'proxy.secret',
    title: 'The secret is in no answer and in nothing that is forwarded',
    cause: 'A debug field, or an exception’s text.',
    async run(proxy) {
      const { secret } = proxy
      const { answer, forwarded } = await forward(proxy)
      const refused = await proxy.post('nonsense')
      const foreign = await proxy.post(proxy.event()[1], { Origin: FOREIGN })
      const read = await proxy.ask(proxy.options.url, { method: 'GET' })
      for (const x of [answer, refused, foreign, read])
        must(!(x.text + JSON.stringify([...x.headers])).includes(secret), 'an answer holds it', x)
      must(
        !(
          JSON.stringify([...forwarded.headers]) + new TextDecoder().decode(forwarded.body)
        ).includes(secret),
        'it was forwarded',
        answer,
      )
    },
  },
  {
    id: 'proxy.method',
    level: 'SHOULD',
    title: 'Any other method than POST is refused',
    cause: 'A GET that does something, or an error page.',
    async run(proxy) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const answer = await proxy.ask(proxy.options.url, {
          method,
          headers: { Origin: proxy.origin },
        })
        must([404, 405].includes(answer.status), `${method}: got ${shown(answer)}`, answer)
      }
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
  {
    id: 'proxy.not-configured',
    isSituational: true,
    title: 'Without a configured secret it is 500 PROXY_NOT_CONFIGURED',
    cause: 'It signs with an empty secret.',
    async run() {
      throw new NotSeen('needs another proxy, one without a secret: its own tests have to show it')
    },
  },
])

export const proxyChecks: readonly Check<ProxyTarget>[] = [
  ...mainChecks,
  ...originChecks,
  ...upstreamChecks,
]
