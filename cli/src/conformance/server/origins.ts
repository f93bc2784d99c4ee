import {
  ALLOWED_HEADERS,
  CALL_EVENT_V1,
  CALL_EVENT_V2,
  EXPOSED_HEADERS,
  SYNC,
} from '@opsmantik/tracker/contract'
import { must, NotSeen, section, type Check } from '../check.js'
import type { Exchange } from '../../probe/exchange.js'
import {
  expectCors,
  expectNoCors,
  expectRecorded,
  expectRefusal,
  expectStatus,
  expectVary,
  listOf,
} from '../expect.js'
import { FOREIGN, type Server } from './server.js'
import { callWays, expectRefusedBy, signedWays } from './ways.js'

/** Responses to signed requests: an origin without a secret is judged by the others. */
const signedResponses = async (server: Server): Promise<Exchange[]> =>
  server.options.secret && server.options.siteId
    ? [...(await successesFor(server)), ...(await signedErrorsFor(server))].map(([, x]) => x)
    : []

/** Origins that look like the allowed one and are somebody else's, with every case that the vectors deny. */
export const lookAlikes = (origin: string): string[] => {
  const { protocol, hostname, port } = new URL(origin)
  const at = port ? ':' + port : ''
  const isAddress = /^[\d.]+$|^\[/.test(hostname)
  return [
    `${protocol}//${hostname}${at ? '' : ':8443'}${at && ':' + (Number(port) === 1 ? 2 : Number(port) - 1)}`,
    `${protocol === 'https:' ? 'http:' : 'https:'}//${hostname}${at}`,
    `${origin}.conformance.invalid`,
    `${protocol}//conformance.invalid?${origin}`,
    `${protocol}//conformance.invalid#${origin}`,
    `${protocol}//conformance.invalid/${origin}`,
    `${protocol}//${hostname}@conformance.invalid`,
    `${origin}, ${FOREIGN}`,
    `${FOREIGN}, ${origin}`,
    `${FOREIGN} ${origin}`,
    `${origin}.evil.example`,
    `${protocol}//evil.example?${origin}`,
    `${origin}@evil.example`,
    `${origin}/path`,
    `${origin}, https://evil.example`,
    ...(isAddress
      ? []
      : [
          `${protocol}//conformance-${hostname}${at}`,
          `${protocol}//conformance.${hostname}${at}`,
          `${protocol}//evil${hostname}${at}`,
          `${protocol}//www.${hostname}${at}`,
          `${protocol}//${hostname}conformance${at}`,
          `${protocol}//${hostname.replace('.', 'x')}${at}`,
        ].filter((other) => other !== origin)),
  ]
}

/** One response of each kind that a page has to be able to read. */
const errorsFor = async (
  server: Server,
  path: string,
  origin: string = server.origin,
): Promise<[string, Exchange][]> => {
  const from = { Origin: origin }
  return [
    ['405', await server.ask(path, { method: 'PUT', headers: from })],
    ['413', await server.post(path, ' '.repeat(65_537), from)],
    ['415', await server.post(path, '{}', { 'Content-Type': 'application/xml', ...from })],
    path === SYNC
      ? ['400', await server.post(path, 'nonsense', from)]
      : ['401', await server.post(path, '{}', from)],
  ]
}

/** The refusals of a request that is signed, which only a site's own secret can provoke. */
const signedErrorsFor = async (server: Server): Promise<[string, Exchange][]> => {
  const found: [string, Exchange][] = []
  for (const { path, name, siteField, event } of callWays(server)) {
    const how = { path, origin: server.origin }
    found.push(
      [`400 of ${name}: no JSON`, await server.send('nonsense', how)],
      [`400 of ${name}: schema`, await server.call(event({ fingerprint: '' }), how)],
      [`400 of ${name}: unknown site`, await server.call(event({ [siteField]: 'nobody' }), how)],
      [`401 of ${name}: stale`, await server.call(event(), { ...how, ts: '1000000000' })],
    )
  }
  return found
}

/** Successful responses, one of each path. */
const successesFor = async (server: Server): Promise<[string, Exchange][]> => {
  const event = server.event()
  const v2 = { path: CALL_EVENT_V2, origin: server.origin }
  return [
    ['V1', await server.call(server.event())],
    ['V2', await server.call(event, v2)],
    ['noop of V2', await server.call(event, v2)],
    ...(server.posts.includes(SYNC)
      ? [['sync', await server.sync(server.view())] as [string, Exchange]]
      : []),
  ]
}

export const origins: Check<Server>[] = section(2, [
  {
    id: 'origin.preflight',
    title: 'A preflight from an allowed origin gets 204 with the four headers of the contract',
    cause:
      'The origin is not in ALLOWED_ORIGINS (the doctor tells which entry is missing), or a gateway answers preflights.',
    async run(server) {
      for (const path of server.posts) {
        const answer = await server.preflight(path, server.origin)
        expectStatus(answer, 204, `preflight of ${path}`)
        expectCors(answer, server.origin, `preflight of ${path}`)
        const methods = listOf(answer.headers.get('access-control-allow-methods'))
        must(
          ['post', 'options'].every((name) => methods.includes(name)),
          `Access-Control-Allow-Methods should be POST, OPTIONS, is ${methods.join(', ') || 'missing'}`,
          answer,
        )
        const headers = listOf(answer.headers.get('access-control-allow-headers'))
        for (const name of listOf(ALLOWED_HEADERS))
          must(headers.includes(name), `Access-Control-Allow-Headers lacks ${name}`, answer)
        must(
          answer.headers.get('access-control-max-age') === '7200',
          `Access-Control-Max-Age should be 7200, is ${answer.headers.get('access-control-max-age') ?? 'missing'}`,
          answer,
        )
      }
    },
  },
  {
    id: 'origin.preflight-exact',
    title: 'A preflight allows POST and OPTIONS and the four request headers, and nothing else',
    cause:
      'A CORS middleware with its defaults, which allow every method or echo what was asked for.',
    async run(server) {
      for (const path of server.posts) {
        const answer = await server.preflight(path, server.origin, {
          'Access-Control-Request-Method': 'DELETE',
          'Access-Control-Request-Headers': 'x-anything',
        })
        const methods = listOf(answer.headers.get('access-control-allow-methods')).sort().join()
        must(
          methods === 'options,post',
          `${path}: Access-Control-Allow-Methods should be POST, OPTIONS, is ${methods || 'missing'}`,
          answer,
        )
        const headers = listOf(answer.headers.get('access-control-allow-headers')).sort().join()
        must(
          headers === listOf(ALLOWED_HEADERS).sort().join(),
          `${path}: Access-Control-Allow-Headers should be ${ALLOWED_HEADERS}, is ${headers || 'missing'}`,
          answer,
        )
      }
    },
  },
  {
    id: 'origin.preflight-first',
    title: 'Preflight is answered before anything else: no authentication, no rate limit',
    cause: 'Authentication, a firewall or a limiter stands before the CORS middleware.',
    async run(server) {
      for (const path of server.posts) {
        const answers = await Promise.all(
          Array.from({ length: 20 }, () => server.preflight(path, server.origin)),
        )
        for (const answer of answers) {
          expectStatus(answer, 204, `one of 20 preflights of ${path} without credentials`)
          must(
            !answer.headers.has('ratelimit'),
            `a preflight of ${path} was counted: it carries RateLimit`,
            answer,
          )
        }
      }
    },
  },
  {
    id: 'origin.preflight-denied',
    title: 'A preflight from a denied origin gets 403 without any Access-Control-*',
    cause:
      'A wildcard, an echoed origin, or a CORS middleware that answers 204 to everybody and leaves out a header.',
    async run(server) {
      for (const path of server.posts) {
        const answer = await server.preflight(path, FOREIGN)
        expectStatus(answer, 403, `preflight of ${path} from ${FOREIGN}`)
        expectNoCors(answer, `preflight of ${path} from ${FOREIGN}`)
      }
    },
  },
  {
    id: 'origin.denied',
    title:
      'A POST whose origin is denied is 403 ORIGIN_NOT_ALLOWED with the origin as received, without Access-Control-*',
    cause: 'Only preflights are checked; a text/plain POST has none.',
    async run(server) {
      for (const path of server.posts) {
        const answer = await server.post(path, '{}', { Origin: FOREIGN })
        expectRefusal(answer, 403, 'ORIGIN_NOT_ALLOWED', `POST ${path} from ${FOREIGN}`)
        must(answer.json['origin'] === FOREIGN, '"origin" is not the origin as received', answer)
        expectNoCors(answer, `POST ${path} from ${FOREIGN}`)
      }
    },
  },
  {
    id: 'origin.denied-signed',
    title: 'A good signature does not help a denied origin',
    cause: 'The origin is looked at only where there is no signature.',
    async run(server) {
      for (const way of signedWays(server)) {
        const answer = await way.sendEvent(way.event(), { origin: FOREIGN })
        expectRefusedBy(way, answer, 403, 'ORIGIN_NOT_ALLOWED', 'signed, from a foreign origin')
        expectNoCors(answer, `${way.name}, signed, from a foreign origin`)
      }
    },
  },
  {
    id: 'origin.exact',
    title:
      'Origins are compared whole: no subdomain, suffix or prefix match, and scheme and port count',
    cause: 'startsWith, endsWith, includes, or a regular expression without anchors.',
    async run(server) {
      for (const path of server.posts)
        for (const origin of lookAlikes(server.origin)) {
          const preflight = await server.preflight(path, origin)
          expectStatus(preflight, 403, `preflight of ${path} from ${origin}`)
          expectNoCors(preflight, `preflight of ${path} from ${origin}`)
          const post = await server.post(path, '{}', { Origin: origin })
          expectRefusal(post, 403, 'ORIGIN_NOT_ALLOWED', `POST ${path} from ${origin}`)
          expectNoCors(post, `POST ${path} from ${origin}`)
        }
    },
  },
  {
    id: 'origin.null',
    title: 'The origin null is never allowed',
    cause: 'null was put on the list for file:// pages; every sandboxed frame has it too.',
    async run(server) {
      for (const path of server.posts)
        expectStatus(
          await server.preflight(path, 'null'),
          403,
          `preflight of ${path} from the origin null`,
        )
      for (const path of server.posts)
        expectRefusal(
          await server.post(path, '{}', { Origin: 'null' }),
          403,
          'ORIGIN_NOT_ALLOWED',
          `POST ${path} from null`,
        )
    },
  },
  {
    id: 'origin.vary',
    title: 'Vary: Origin on every answer of these paths, allowed or not',
    cause:
      'Vary is set only where the origin is allowed, and a cache hands one site’s answer to another.',
    async run(server) {
      for (const path of server.posts) {
        expectVary(await server.preflight(path, server.origin), `preflight of ${path}`)
        expectVary(await server.preflight(path, FOREIGN), `denied preflight of ${path}`)
        expectVary(await server.post(path, '{}'), `POST ${path}`)
        expectVary(await server.post(path, '{}', { Origin: FOREIGN }), `denied POST ${path}`)
        for (const origin of [server.origin, FOREIGN])
          for (const [status, answer] of await errorsFor(server, path, origin))
            expectVary(answer, `the ${status} of ${path}`)
      }
      for (const [name, answer] of await signedErrorsFor(server)) expectVary(answer, `the ${name}`)
      for (const [name, answer] of await successesFor(server))
        expectVary(answer, `the 200 of ${name}`)
      for (const way of signedWays(server))
        expectVary(await way.sendEvent(way.event()), `the 200 of ${way.name}`)
    },
  },
  {
    id: 'origin.errors-readable',
    title: 'Errors carry Access-Control-Allow-Origin for an allowed origin',
    cause:
      'CORS headers are added where a request succeeds. A browser then reports "CORS error" for what is a 401.',
    async run(server) {
      for (const path of server.posts)
        for (const [status, answer] of await errorsFor(server, path)) {
          must(
            String(answer.status) === status,
            `${path}: expected ${status}, got ${answer.status}`,
            answer,
          )
          expectCors(answer, server.origin, `the ${status} of ${path}`)
        }
      for (const [name, answer] of await signedErrorsFor(server))
        expectCors(answer, server.origin, `the ${name}`)
    },
  },
  {
    id: 'origin.denied-unreadable',
    title: 'No refusal carries Access-Control-* for an origin that is denied, whatever is refused',
    cause: 'The middleware of errors repeats the Origin header of the request.',
    async run(server) {
      for (const path of server.posts)
        for (const [status, answer] of await errorsFor(server, path, FOREIGN)) {
          must(
            [403, Number(status)].includes(answer.status),
            `${path} from ${FOREIGN}: expected 403, got ${answer.status}`,
            answer,
          )
          expectNoCors(answer, `the ${answer.status} of ${path} for ${FOREIGN}`)
        }
      expectNoCors(
        await server.post('/api/no-such-path', '{}', { Origin: FOREIGN }),
        `the 404 for ${FOREIGN}`,
      )
    },
  },
  {
    id: 'origin.not-found-readable',
    title:
      'A path that is almost right is a 404 that its page can read: a trailing slash, another version',
    cause:
      'CORS headers belong to routes: a slash too many in the page’s address is reported as a CORS error.',
    async run(server) {
      for (const path of [...server.posts.map((one) => one + '/'), `${CALL_EVENT_V1}/v3`]) {
        const answer = await server.post(path, '{}')
        expectRefusal(answer, 404, 'NOT_FOUND', `POST ${path}`)
        expectCors(answer, server.origin, `the 404 of ${path}`)
        expectVary(answer, `the 404 of ${path}`)
      }
    },
  },
  {
    id: 'origin.success-readable',
    title: 'A recorded event’s answer carries Access-Control-Allow-Origin',
    cause: 'CORS headers stand on the preflight only.',
    async run(server) {
      for (const [name, answer] of await successesFor(server)) {
        expectStatus(answer, 200, name)
        expectCors(answer, server.origin, `the 200 of ${name}`)
      }
    },
  },
  {
    id: 'origin.exposed',
    title: 'Answers expose Retry-After, RateLimit, RateLimit-Policy and X-Request-Id',
    cause:
      'Without Access-Control-Expose-Headers a page cannot read Retry-After, and retries too early.',
    async run(server) {
      for (const path of server.posts)
        for (const [status, answer] of await errorsFor(server, path)) {
          const exposed = listOf(answer.headers.get('access-control-expose-headers'))
          for (const name of listOf(EXPOSED_HEADERS))
            must(exposed.includes(name), `the ${status} of ${path} does not expose ${name}`, answer)
        }
      for (const [kind, answer] of [
        ...(await successesFor(server)),
        ...(await signedErrorsFor(server)),
      ]) {
        const exposed = listOf(answer.headers.get('access-control-expose-headers'))
        for (const name of listOf(EXPOSED_HEADERS))
          must(
            exposed.includes(name),
            `the ${answer.status} of ${kind} does not expose ${name}`,
            answer,
          )
      }
    },
  },
  {
    id: 'origin.no-credentials',
    title: 'Never Access-Control-Allow-Credentials, never a wildcard',
    cause: 'A CORS middleware with credentials on, or origin: "*".',
    async run(server) {
      for (const path of server.posts)
        for (const answer of [
          await server.preflight(path, server.origin),
          await server.preflight(path, FOREIGN),
          ...(await errorsFor(server, path)).map(([, x]) => x),
          ...(path === server.posts[0] ? await signedResponses(server) : []),
        ]) {
          must(
            !answer.headers.has('access-control-allow-credentials'),
            'Access-Control-Allow-Credentials stands there',
            answer,
          )
          must(
            answer.headers.get('access-control-allow-origin') !== '*',
            'Access-Control-Allow-Origin is *',
            answer,
          )
        }
    },
  },
  {
    id: 'origin.once',
    title: 'Access-Control-Allow-Origin stands there once',
    cause: 'The application and the gateway before it both set it; browsers refuse the two.',
    async run(server) {
      for (const path of server.posts)
        for (const answer of [
          await server.preflight(path, server.origin),
          ...(await errorsFor(server, path)).map(([, x]) => x),
          ...(path === server.posts[0] ? await signedResponses(server) : []),
        ])
          must(
            !answer.headers.get('access-control-allow-origin')?.includes(','),
            `it is ${answer.headers.get('access-control-allow-origin')}`,
            answer,
          )
    },
  },
  {
    id: 'origin.required',
    title: 'Without Origin, V1 and sync are 403 ORIGIN_REQUIRED',
    cause: 'A missing Origin counts as the server’s own.',
    async run(server) {
      for (const path of server.posts.filter((one) => one !== CALL_EVENT_V2)) {
        const answer = await server.ask(path, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: '{}',
        })
        expectRefusal(answer, 403, 'ORIGIN_REQUIRED', `POST ${path} without Origin`)
        expectNoCors(answer, `POST ${path} without Origin`)
      }
      for (const [why, path, body, headers] of [
        ['V1, signed', CALL_EVENT_V1, server.event(), {}],
        ['V1, signed, with X-Ops-Proxy: 1', CALL_EVENT_V1, server.event(), { 'X-Ops-Proxy': '1' }],
        ['sync, signed, without X-Ops-Proxy', SYNC, server.view(), {}],
        ['sync, signed, with X-Ops-Proxy: 0', SYNC, server.view(), { 'X-Ops-Proxy': '0' }],
      ] as const) {
        if (!server.posts.includes(path)) continue
        expectRefusal(
          await server.send(JSON.stringify(body), { path, origin: null, headers }),
          403,
          'ORIGIN_REQUIRED',
          `${why}, without Origin`,
        )
      }
    },
  },
  {
    id: 'origin.v2-without',
    title: 'Without Origin, V2 is allowed: server to server',
    cause: 'One rule for both endpoints.',
    async run(server) {
      const unsigned = await server.ask(CALL_EVENT_V2, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: '{}',
      })
      expectRefusal(unsigned, 401, 'SIGNATURE_REQUIRED', 'an unsigned POST to V2 without Origin')
      expectRecorded(
        await server.call(server.event(), { path: CALL_EVENT_V2, origin: null }),
        'a signed event to V2 without Origin',
      )
    },
  },
  {
    id: 'origin.sync-signed',
    title: 'A sync request that carries X-Ops-Proxy: 1 and is signed needs no origin',
    cause: 'The proxy’s page views are refused, and its calls stay unmatched.',
    async run(server) {
      const body = JSON.stringify(server.view())
      const headers = { 'X-Ops-Proxy': '1' }
      const answer = await server.send(body, { path: SYNC, origin: null, headers })
      expectStatus(answer, 200, 'a signed sync request of a proxy')
    },
  },
  {
    id: 'origin.sync-unsigned',
    title: 'X-Ops-Proxy alone, or with a wrong signature, opens nothing',
    cause: 'The header is believed; anybody can write it.',
    async run(server) {
      const body = JSON.stringify(server.view())
      const bare = { 'Content-Type': 'application/json', 'X-Ops-Proxy': '1' }
      const unsigned = await server.ask(SYNC, { method: 'POST', headers: bare, body })
      must(
        [401, 403].includes(unsigned.status),
        `unsigned: expected 403, got ${unsigned.status}`,
        unsigned,
      )
      const wrong = await server.send(body, {
        path: SYNC,
        origin: null,
        headers: bare,
        secret: 'not-the-secret-of-this-site',
      })
      must([401, 403].includes(wrong.status), `wrongly signed: got ${wrong.status}`, wrong)
    },
  },
  {
    id: 'origin.signing-disabled',
    isSituational: true,
    title: 'With signing disabled, V2 without Origin is refused too',
    cause: 'The exception for V2 was kept while the only other guard is off.',
    async run(server) {
      const health = await server.ask('/api/health')
      if (health.json['signing_disabled'] !== true)
        throw new NotSeen('signing is not disabled on this server')
      const answer = await server.ask(CALL_EVENT_V2, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: '{}',
      })
      expectRefusal(answer, 403, 'ORIGIN_REQUIRED', 'POST to V2 without Origin')
    },
  },
])
