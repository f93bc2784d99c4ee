import { CALL_EVENT_V1, CALL_EVENT_V2, SYNC } from '@opsmantik/tracker/contract'
import { must, NotSeen, section, type Check } from '../check.js'
import { expectNoCors, expectRecorded, expectRefusal, expectStatus } from '../expect.js'
import type { Server } from './server.js'

/** Section 2: requests without an origin. */
export const originsRequired: Check<Server>[] = section(2, [
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
        [
          'V1, signed, with a Referer',
          CALL_EVENT_V1,
          server.event(),
          { Referer: server.origin + '/' },
        ],
        ['sync, signed, without X-Ops-Proxy', SYNC, server.view(), {}],
        ['sync, signed, with X-Ops-Proxy: 0', SYNC, server.view(), { 'X-Ops-Proxy': '0' }],
        ['sync, signed, with X-Ops-Proxy: yes', SYNC, server.view(), { 'X-Ops-Proxy': 'yes' }],
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
