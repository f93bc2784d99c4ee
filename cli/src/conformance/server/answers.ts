import { CALL_EVENT_V2, SYNC } from '@opsmantik/tracker/contract'
import { must, section, type Check } from '../check.js'
import { expectRecorded } from '../expect.js'
import { randomFingerprint, type Server } from './server.js'

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

export const answers: Check<Server>[] = section(7, [
  {
    id: 'answer.unmatched',
    title:
      'A call without a session is 200 unmatched, with call_id, session_id null and request_id',
    cause: 'A field is missing, or session_id is left out instead of null.',
    async run(server) {
      const answer = await server.call(server.event({ fingerprint: randomFingerprint() }))
      const { status, call_id, session_id, request_id } = answer.json
      must(status === 'unmatched', `status is ${String(status)}`, answer)
      must(UUID.test(String(call_id)), `call_id is ${String(call_id)}`, answer)
      must(session_id === null, `session_id is ${JSON.stringify(session_id)}, not null`, answer)
      must(
        request_id === answer.headers.get('x-request-id'),
        'request_id is not the X-Request-Id of the answer',
        answer,
      )
    },
  },
  {
    id: 'answer.matched',
    title: 'A call is matched to the newest session of the same site and fingerprint',
    cause:
      'Page views are recorded under another fingerprint (meta.fp), or the oldest session is taken.',
    async run(server) {
      const fp = randomFingerprint()
      const [first, second] = [crypto.randomUUID(), crypto.randomUUID()]
      for (const sid of [first, second]) {
        const view = await server.sync(server.view({ sid, meta: { fp } }))
        must(view.status === 200, `the page view got ${view.status}`, view)
      }
      const answer = await server.call(server.event({ fingerprint: fp }))
      must(
        answer.json['status'] === 'matched',
        `status is ${String(answer.json['status'])}`,
        answer,
      )
      must(
        answer.json['session_id'] === second,
        `session_id should be the newest session’s sid ${second}, is ${String(answer.json['session_id'])}`,
        answer,
      )
      must(UUID.test(String(answer.json['call_id'])), 'call_id is no UUID', answer)
    },
  },
  {
    id: 'answer.matched-by-fingerprint',
    title: 'A call is not matched to another visitor’s session',
    cause: 'The newest session of the site is taken.',
    async run(server) {
      await server.sync(server.view({ meta: { fp: randomFingerprint() } }))
      const answer = await server.call(server.event({ fingerprint: randomFingerprint() }))
      must(
        answer.json['status'] === 'unmatched',
        `status is ${String(answer.json['status'])}`,
        answer,
      )
    },
  },
  {
    id: 'answer.matched-v2',
    title: 'A call by V2 is matched like one by V1',
    cause: 'Two handlers that have grown apart.',
    async run(server) {
      const fp = randomFingerprint()
      const sid = crypto.randomUUID()
      await server.sync(server.view({ sid, meta: { fp } }))
      const answer = await server.call(server.event({ fingerprint: fp }), { path: CALL_EVENT_V2 })
      must(
        answer.json['session_id'] === sid,
        `session_id is ${String(answer.json['session_id'])}`,
        answer,
      )
    },
  },
  {
    id: 'answer.error-sentence',
    title: 'A refusal has a sentence in error and a constant in code',
    cause: 'One of them is missing, or holds an exception’s text.',
    async run(server) {
      for (const answer of [
        await server.ask('/no-such-path'),
        await server.post(SYNC, 'nonsense'),
        await server.post(SYNC, '{}', { 'Content-Type': 'application/xml' }),
        await server.post(SYNC, '{}', { Origin: 'https://conformance.invalid' }),
        await server.call(server.event({ fingerprint: '' })),
      ]) {
        const { error, code } = answer.json
        must(/^[A-Z][A-Z\d_]+$/.test(String(code)), `code is ${String(code)}`, answer)
        must(typeof error === 'string' && /[a-z]/.test(error), `error is ${String(error)}`, answer)
        must(
          !/\n\s+at |\.(ts|js|php|py|go):\d|Exception|Traceback/.test(answer.text),
          'the answer shows the program’s inside',
          answer,
        )
      }
    },
  },
  {
    id: 'answer.no-secret',
    title: 'No answer holds the site’s secret',
    cause: 'A debug field.',
    async run(server) {
      for (const answer of [
        await server.call(server.event()),
        await server.call(server.event({ fingerprint: '' })),
        await server.call(server.event(), { secret: 'not-the-secret-of-this-site' }),
        await server.ask('/api/health'),
      ])
        must(
          !(answer.text + JSON.stringify([...answer.headers])).includes(server.secret),
          'the secret stands in an answer',
          answer,
        )
      expectRecorded(await server.call(server.event()), 'a signed event')
    },
  },
])
