import { must, NotSeen, section, type Check } from '../check.js'
import type { Exchange } from '../../probe/exchange.js'
import { expectRecorded, expectRefusal, expectStatus } from '../expect.js'
import { randomFingerprint, type Server } from './server.js'
import { expectRefusedBy, signedWays } from './ways.js'

const expectAccepted = (answer: Exchange, accepted: number, why: string): void => {
  expectStatus(answer, 200, why)
  must(
    answer.json['accepted'] === accepted,
    `${why}: accepted should be ${accepted}, is ${JSON.stringify(answer.json['accepted'])}`,
    answer,
  )
}

/** Returns the second site. @throws NotSeen without one */
const otherSite = ({ options }: Server): { site: string; secret: string } => {
  const { otherSiteId: site, otherSecret: secret } = options
  if (!site || !secret)
    throw new NotSeen('needs --other-site-id and --other-secret-env, a second site')
  return { site, secret }
}

/** Section 10: batches, and what the events of one have in common. */
export const syncBatches: Check<Server>[] = section(10, [
  {
    id: 'sync.events',
    title: 'An object that has events is a batch of 1 to 20, whatever else it has',
    cause: 'events is looked at only if it is a list: null, or a list with an event beside it.',
    async run(server) {
      for (const events of [null, {}, 'x', 5, false, [null], [[]], ['x'], [server.view(), 5]]) {
        const why = `events: ${JSON.stringify(events).slice(0, 20)}, beside the fields of an event`
        const answer = await server.sync({ ...server.view(), events })
        expectRefusal(answer, 400, 'INVALID_BODY', why)
      }
      const both = await server.sync({
        ...server.view({ sid: 5 }),
        events: [server.view(), server.view()],
      })
      expectAccepted(both, 2, 'a batch of two beside other fields, which are dropped')
    },
  },
  {
    id: 'sync.accepted-known',
    title: 'accepted counts every event of the request, those that were recorded before included',
    cause: 'It counts inserted rows: a client whose response was lost believes its events refused.',
    async run(server) {
      const views = [1, 2, 3].map(() => server.view({ event_id: crypto.randomUUID() }))
      expectAccepted(await server.sync(views[0]!), 1, 'one event')
      expectAccepted(await server.sync(views[0]!), 1, 'the same event again')
      expectAccepted(await server.sync({ events: views }), 3, 'a batch with one known event')
      expectAccepted(await server.sync({ events: views }), 3, 'a batch of known events')
    },
  },
  {
    id: 'sync.own-ids',
    title: 'A call and a page event may have the same event_id',
    cause: 'One cache of ids for all endpoints: the call is answered noop, and is lost.',
    async run(server) {
      const [first, second] = [crypto.randomUUID(), crypto.randomUUID()]
      expectAccepted(await server.sync(server.view({ event_id: first })), 1, 'a page event')
      expectRecorded(
        await server.call(server.event({ event_id: first })),
        'a call with the event_id of a page event',
      )
      const fp = randomFingerprint()
      await server.call(server.event({ event_id: second }))
      const view = server.view({ event_id: second, meta: { fp } })
      expectAccepted(await server.sync(view), 1, 'a page event with the event_id of a call')
      const call = await server.call(server.event({ fingerprint: fp }))
      must(
        call.json['session_id'] === view['sid'],
        'a page event with the event_id of a call was not recorded: a call of its visitor is not matched',
        call,
      )
    },
  },
  {
    id: 'sync.signature-ignored',
    title: 'A request with an allowed origin is not verified, whatever signature headers it has',
    cause: 'A signature header makes the request one of a proxy.',
    async run(server) {
      for (const headers of [
        { 'X-Ops-Signature': 'f'.repeat(64) },
        { 'X-Ops-Proxy': '1' },
        {
          'X-Ops-Proxy': '1',
          'X-Ops-Site-Id': server.siteId,
          'X-Ops-Ts': '1000000000',
          'X-Ops-Signature': 'f'.repeat(64),
        },
      ]) {
        const why = `an allowed origin, with ${Object.keys(headers).join(', ')}`
        expectAccepted(await server.sync(server.view(), headers), 1, why)
      }
    },
  },
  {
    id: 'sync.two-sites',
    title: 'A batch of a page may have events of two sites, and each is recorded at its own',
    cause: 'The first event’s site is taken for all of them.',
    async run(server) {
      const { site, secret } = otherSite(server)
      const [here, there] = [randomFingerprint(), randomFingerprint()]
      const views = [
        server.view({ meta: { fp: here } }),
        server.view({ s: site, meta: { fp: there } }),
      ]
      expectAccepted(await server.sync({ events: views }), 2, 'a batch of two sites')
      const own = await server.call(server.event({ fingerprint: here }))
      must(own.json['session_id'] === views[0]!['sid'], 'the first event is not at its site', own)
      const other = await server.call(server.event({ site_id: site, fingerprint: there }), {
        site,
        secret,
      })
      must(
        other.json['session_id'] === views[1]!['sid'],
        `the second event is not at its site: a call there is ${String(other.json['status'])}`,
        other,
      )
    },
  },
  {
    id: 'sync.batch-mismatch',
    title: 'A signed batch with an event of another site is 401 SITE_MISMATCH as a whole',
    cause: 'Only the first event’s site is compared: one site’s secret writes for another.',
    async run(server) {
      const { site, secret } = otherSite(server)
      for (const way of signedWays(server).filter(({ siteField }) => siteField === 's')) {
        const fp = randomFingerprint()
        const foreign = way.event({ s: site, meta: { fp } })
        for (const events of [
          [way.event(), foreign],
          [foreign, way.event()],
        ])
          expectRefusedBy(
            way,
            await way.sendEvent({ events }),
            401,
            'SITE_MISMATCH',
            'one of two events names another site',
          )
        const event = server.event({ site_id: site, fingerprint: fp })
        const call = await server.call(event, { site, secret })
        must(
          call.json['status'] === 'unmatched',
          'the event of the other site was recorded in spite of its refusal',
          call,
        )
      }
    },
  },
])
