import { SYNC } from '@opsmantik/tracker/contract'
import { must, section, type Check } from '../check.js'
import { expectNo5xx, expectRefusal } from '../expect.js'
import { expectIssue } from './issues.js'
import { randomFingerprint, type Server } from './server.js'

const NOBODY = '00000000-0000-4000-8000-00000000dead'

const synced = async (
  server: Server,
  body: object,
  accepted: number,
  why: string,
): Promise<void> => {
  const answer = await server.sync(body)
  const { ok, status, accepted: said } = answer.json
  must(
    answer.status === 200 && ok === true && status === 'synced' && said === accepted,
    `${why}: expected 200 {"ok":true,"status":"synced","accepted":${accepted}}, got ${answer.status} ${answer.text.slice(0, 200)}`,
    answer,
  )
}

const isMatched = async (server: Server, fingerprint: string): Promise<boolean> => {
  const answer = await server.call(server.event({ fingerprint }))
  return answer.json['status'] === 'matched'
}

export const sync: Check<Server>[] = section(10, [
  {
    id: 'sync.one',
    title: 'One event is 200 {"ok":true,"status":"synced","accepted":1}',
    cause: 'A batch is expected.',
    run: (server) => synced(server, server.view(), 1, 'one event'),
  },
  {
    id: 'sync.batch',
    title: 'A batch of up to 20 is accepted and counted',
    cause: 'Another limit, or only the first event is taken.',
    run: (server) =>
      synced(server, { events: Array.from({ length: 20 }, () => server.view()) }, 20, '20 events'),
  },
  {
    id: 'sync.batch-of-one',
    title: 'A batch of one is a batch',
    cause: 'Special treatment of arrays.',
    run: (server) => synced(server, { events: [server.view()] }, 1, 'a batch of one'),
  },
  {
    id: 'sync.batch-too-long',
    title: 'A batch of 21 is 400',
    cause: 'No limit.',
    async run(server) {
      const answer = await server.sync({ events: Array.from({ length: 21 }, () => server.view()) })
      expectRefusal(answer, 400, 'INVALID_BODY', '21 events')
    },
  },
  {
    id: 'sync.bad-event-named',
    title: 'One bad event names its index',
    cause: 'The whole batch is refused without a word on which event it was.',
    async run(server) {
      const answer = await server.sync({
        events: [server.view(), server.view(), server.view({ sid: 5 })],
      })
      expectRefusal(answer, 400, 'INVALID_BODY', 'a batch whose third event is bad')
      expectIssue(answer, '2', 'a batch whose third event (index 2) is bad')
      expectIssue(answer, 'sid', 'a batch whose third event has a bad sid')
    },
  },
  {
    id: 'sync.whole-or-not',
    title: 'A batch is recorded whole or not at all',
    cause: 'Events are inserted one by one as they are read.',
    async run(server) {
      const fp = randomFingerprint()
      const good = server.view({ meta: { fp } })
      for (const bad of [server.view({ sid: 5 }), server.view({ s: NOBODY }), null])
        for (const events of [
          [good, bad],
          [bad, good],
        ]) {
          const answer = await server.sync({ events })
          must(
            answer.status === 400,
            `a batch with a bad event: expected 400, got ${answer.status}`,
            answer,
          )
        }
      must(!(await isMatched(server, fp)), 'the good event of a refused batch was recorded')
      await synced(server, { events: [good] }, 1, 'the good event alone')
      must(await isMatched(server, fp), 'the good event, sent again alone, was not recorded')
    },
  },
  {
    id: 'sync.required',
    title: 's, u, sid, sm, ec and ea are required',
    cause: 'No schema.',
    async run(server) {
      for (const field of ['s', 'u', 'sid', 'sm', 'ec', 'ea']) {
        for (const value of [undefined, null, 5, {}, true]) {
          const answer = await server.sync(server.view({ [field]: value }))
          const said =
            value === undefined ? `without ${field}` : `${field}: ${JSON.stringify(value)}`
          expectRefusal(answer, 400, 'INVALID_BODY', said)
          expectIssue(answer, field, said)
        }
      }
    },
  },
  {
    id: 'sync.month',
    title: 'sm is the first day of a month, YYYY-MM-01',
    cause: 'Any date, or any text.',
    async run(server) {
      for (const sm of [
        '2026-01-02',
        '2026-13-01',
        '2026-00-01',
        '2026-1-1',
        '2026-01',
        '2026-01-01T00:00:00Z',
        '2026-01-01\n',
        'January',
        '',
        20260101,
      ])
        expectRefusal(
          await server.sync(server.view({ sm })),
          400,
          'INVALID_BODY',
          `sm: ${JSON.stringify(sm)}`,
        )
    },
  },
  {
    id: 'sync.unknown-site',
    title: 'A site that does not exist is 400 INVALID_SITE_ID',
    cause: 'Rows of sites that are not there.',
    async run(server) {
      for (const site of [NOBODY, 'nonsense', server.siteId + '\n'])
        expectRefusal(
          await server.sync(server.view({ s: site })),
          400,
          'INVALID_SITE_ID',
          `s: ${JSON.stringify(site)}`,
        )
    },
  },
  {
    id: 'sync.event-id',
    title: 'event_id makes it idempotent',
    cause: 'A page view whose answer was lost is counted twice, or its retry is refused.',
    async run(server) {
      const view = server.view({ event_id: crypto.randomUUID() })
      for (const why of ['the first', 'the same again']) {
        const answer = await server.sync(view)
        must(answer.status === 200, `${why}: expected 200, got ${answer.status}`, answer)
      }
      const batch = { events: [view, server.view({ event_id: view['event_id'] })] }
      const answer = await server.sync(batch)
      must(
        answer.status === 200,
        `a batch of events that are known: expected 200, got ${answer.status}`,
        answer,
      )
      for (const event_id of ['1', 'not-a-uuid', 5])
        expectRefusal(
          await server.sync(server.view({ event_id })),
          400,
          'INVALID_BODY',
          `event_id: ${JSON.stringify(event_id)}`,
        )
    },
  },
  {
    id: 'sync.session-once',
    title: 'The first event of a session creates its row, later ones do not',
    cause: 'A unique index that makes the second page view of a session fail.',
    async run(server) {
      const fp = randomFingerprint()
      const sid = crypto.randomUUID()
      for (let view = 0; view < 3; view++)
        await synced(server, server.view({ sid, meta: { fp } }), 1, `view ${view + 1} of a session`)
      const answer = await server.call(server.event({ fingerprint: fp }))
      must(answer.json['session_id'] === sid, 'the call is not matched to the session', answer)
    },
  },
  {
    id: 'sync.unsigned',
    title: 'From an allowed origin sync needs no signature, and a batch matches like single events',
    cause:
      'One middleware verifies signatures on every path, or a batch is acknowledged and not stored.',
    async run(server) {
      const fps = Array.from({ length: 3 }, () => randomFingerprint())
      const events = fps.map((fp) => server.view({ meta: { fp } }))
      await synced(server, { events }, 3, 'a batch of three visitors')
      for (const fp of fps)
        must(await isMatched(server, fp), `a call of visitor ${fp} of the batch is not matched`)
    },
  },
  {
    id: 'sync.unknown-fields',
    title: 'Unknown fields and optional ones are no error',
    cause: 'A strict schema.',
    async run(server) {
      await synced(
        server,
        server.view({ el: 'x', ev: 5, r: 'https://www.example/', later: 1 }),
        1,
        'more fields',
      )
      await synced(server, server.view({ meta: undefined }), 1, 'without meta')
      await synced(
        server,
        server.view({ meta: { fp: 'x', screen: { w: 1 }, list: [1] } }),
        1,
        'a full meta',
      )
    },
  },
  {
    id: 'sync.query',
    title: 'A query in the address changes nothing',
    cause: 'The path is compared with its query; real trackers send ?_ts=….',
    async run(server) {
      const answer = await server.post(`${SYNC}?_ts=${Date.now()}`, JSON.stringify(server.view()))
      must(answer.status === 200, `got ${answer.status}`, answer)
      server.traces.views++
    },
  },
  {
    id: 'sync.malformed',
    title: 'What is no JSON is 400 INVALID_JSON, and no 5xx comes of any body',
    cause: 'An exception that nobody expected.',
    async run(server) {
      expectRefusal(await server.post(SYNC, 'nonsense'), 400, 'INVALID_JSON', 'nonsense')
      for (const body of [
        'null',
        '[]',
        '5',
        '{"events":{}}',
        '{"events":[null]}',
        '{"events":"x"}',
        '{}',
      ]) {
        const answer = await server.post(SYNC, body)
        must(answer.status === 400, `${body}: expected 400, got ${answer.status}`, answer)
      }
      const withMeta = (raw: string): string =>
        JSON.stringify(server.view({ meta: '|' })).replace('"|"', () => raw)
      for (const raw of ['"a\\u0000"', '"\\ud800"']) {
        const answer = await server.post(SYNC, withMeta(`{"x":${raw}}`))
        expectRefusal(answer, 400, 'INVALID_BODY', `meta with ${raw}`)
      }
      // What the contract says nothing about may be taken or refused.
      for (const raw of [
        `{"x":${'['.repeat(9_000) + ']'.repeat(9_000)}}`,
        '{"fp":5}',
        '{"fp":null}',
        '[]',
        '"x"',
        'null',
        '{"x":1e999}',
      ])
        expectNo5xx(await server.post(SYNC, withMeta(raw)), `meta: ${raw.slice(0, 20)}`)
      for (const body of ['{"events":[]}', JSON.stringify(server.view({ ev: 'x', el: 5 }))])
        expectNo5xx(await server.post(SYNC, body), body.slice(0, 60))
    },
  },
])
