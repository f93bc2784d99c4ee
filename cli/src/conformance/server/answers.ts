import { CALL_EVENT_V1, SYNC } from '@opsmantik/tracker/contract'
import { must, NotSeen, section, type Check } from '../check.js'
import type { Exchange } from '../../probe/exchange.js'
import { leaksOf } from './leaks.js'
import { randomFingerprint, type Server } from './server.js'
import { callWays, expectTakenBy, signedWays, type Way } from './ways.js'

const FOREIGN = 'https://conformance.invalid'

/** `call_id` is opaque: a text or a number that names the call. */
const isCallId = (value: unknown): boolean =>
  (typeof value === 'string' && value !== '') || Number.isInteger(value)

const visit = async (server: Server, fp: string, fields: object = {}): Promise<string> => {
  const sid = crypto.randomUUID()
  const view = await server.sync(server.view({ sid, meta: { fp }, ...fields }))
  must(view.status === 200, `the page view: expected 200, got ${view.status}`, view)
  return sid
}

const call = async (way: Way, fields: object): Promise<Exchange> => {
  const answer = await way.sendEvent(way.event(fields))
  expectTakenBy(way, answer, 'the call')
  return answer
}

const expectMatched = (way: Way, x: Exchange, sid: string, why: string): void =>
  must(
    x.json['status'] === 'matched' && x.json['session_id'] === sid,
    `${way.name}: ${why}: expected matched with session_id ${sid}, got ${String(x.json['status'])} with ${JSON.stringify(x.json['session_id'])}`,
    x,
  )

const expectUnmatched = (way: Way, x: Exchange, why: string): void =>
  must(
    x.json['status'] === 'unmatched' && x.json['session_id'] === null,
    `${way.name}: ${why}: expected unmatched with session_id null, got ${String(x.json['status'])} with ${JSON.stringify(x.json['session_id'])}`,
    x,
  )

const stampOf = (ms: number): string => `${ms}-ab12-tel-x1y2z3`

export const answers: Check<Server>[] = section(7, [
  {
    id: 'answer.unmatched',
    title:
      'A call without a session is 200 unmatched, with call_id, session_id null and request_id',
    cause: 'A field is missing, or session_id is left out instead of null.',
    async run(server) {
      for (const way of callWays(server)) {
        const answer = await call(way, { fingerprint: randomFingerprint() })
        expectUnmatched(way, answer, 'a call without a session')
        const { call_id, request_id } = answer.json
        must(isCallId(call_id), `${way.name}: call_id is ${JSON.stringify(call_id)}`, answer)
        must(
          request_id === answer.headers.get('x-request-id'),
          `${way.name}: request_id should be the X-Request-Id of the response, is ${JSON.stringify(request_id)}`,
          answer,
        )
      }
    },
  },
  {
    id: 'answer.matched',
    title: 'A call is matched to the newest session of the same site and fingerprint',
    cause:
      'Page views are recorded under another fingerprint (meta.fp), or the oldest session is taken.',
    async run(server) {
      const [v1] = callWays(server) as [Way]
      const fp = randomFingerprint()
      await visit(server, fp)
      const second = await visit(server, fp)
      const answer = await call(v1, { fingerprint: fp })
      expectMatched(v1, answer, second, 'two sessions, of which the second is the newest')
      must(isCallId(answer.json['call_id']), 'call_id is missing', answer)
    },
  },
  {
    id: 'answer.matched-by-fingerprint',
    title: 'A call is not matched to another visitor’s session',
    cause: 'The newest session of the site is taken.',
    async run(server) {
      for (const way of callWays(server)) {
        await visit(server, randomFingerprint())
        const answer = await call(way, { fingerprint: randomFingerprint() })
        expectUnmatched(way, answer, 'a session of another visitor')
      }
    },
  },
  {
    id: 'answer.matched-v2',
    title: 'A call by V2 is matched like one by V1',
    cause: 'Two handlers that have grown apart.',
    async run(server) {
      const [, v2] = callWays(server) as [Way, Way]
      const fp = randomFingerprint()
      await visit(server, fp)
      const sid = await visit(server, fp)
      expectMatched(v2, await call(v2, { fingerprint: fp }), sid, 'the newest of two sessions')
    },
  },
  {
    id: 'answer.matched-by-site',
    title: 'A call is not matched to a session of another site',
    cause: 'Sessions are looked up by fingerprint alone.',
    async run(server) {
      const { otherSiteId } = server.options
      if (!otherSiteId) throw new NotSeen('needs --other-site-id, a second site')
      for (const way of callWays(server)) {
        const fp = randomFingerprint()
        await visit(server, fp, { s: otherSiteId })
        expectUnmatched(way, await call(way, { fingerprint: fp }), 'a session of another site')
      }
    },
  },
  {
    id: 'answer.matched-by-press',
    title:
      'A session matches if it was seen in the 30 minutes before the press, not before the arrival',
    cause:
      'The window is counted from the arrival, and a press that waited for hours is matched to a later visit.',
    async run(server) {
      for (const way of callWays(server)) {
        const fp = randomFingerprint()
        const sid = await visit(server, fp)
        const now = server.now() * 1_000
        expectUnmatched(
          way,
          await call(way, { fingerprint: fp, intent_stamp: stampOf(now - 3 * 3_600_000) }),
          'a press three hours before the session',
        )
        expectMatched(
          way,
          await call(way, { fingerprint: fp, intent_stamp: stampOf(now + 2_000) }),
          sid,
          'a press now',
        )
        // A stamp that is not believed: the time of arrival counts.
        expectMatched(
          way,
          await call(way, { fingerprint: fp, intent_stamp: stampOf(now - 10 * 86_400_000) }),
          sid,
          'a stamp of ten days ago, which is not believed',
        )
      }
    },
  },
  {
    id: 'answer.error-sentence',
    title: 'A refusal has a sentence in error and a constant in code',
    cause: 'One of them is missing, or holds an exception’s text.',
    async run(server) {
      const xml = { 'Content-Type': 'application/xml' }
      for (const x of [
        await server.ask('/no-such-path'),
        await server.post(SYNC, 'nonsense'),
        ...(await Promise.all(server.posts.map((path) => server.post(path, '{}', xml)))),
        ...(await Promise.all(
          server.posts.map((path) => server.post(path, '{}', { Origin: FOREIGN })),
        )),
        ...(await Promise.all(server.posts.map((path) => server.ask(path, { method: 'DELETE' })))),
        ...(await Promise.all(signedWays(server).map((way) => way.send('nonsense')))),
        ...(await Promise.all(signedWays(server).map((way) => way.send('{}')))),
      ]) {
        const { error, code } = x.json
        const where = `${x.request.method} ${new URL(x.request.url).pathname} (${x.status})`
        must(
          /^[A-Z][A-Z\d_]+$/.test(String(code)),
          `${where}: code should be an upper-case constant, is ${JSON.stringify(code)}`,
          x,
        )
        must(
          typeof error === 'string' && /[a-z]/.test(error),
          `${where}: error should be a sentence, is ${JSON.stringify(error)}`,
          x,
        )
        must(
          !/\n\s+at |\.(ts|js|php|py|go|rb|java):\d|Exception|Traceback|SQLITE|SQLSTATE/.test(
            x.text,
          ),
          `${where}: the response shows the program’s inside`,
          x,
        )
      }
    },
  },
  {
    id: 'answer.error-words',
    level: 'SHOULD',
    title:
      'error is "Origin not allowed", "Unauthorized" and "Rate limit exceeded" as the contract writes it',
    cause: 'Sentences of the server’s own: people who search for the contract’s find nothing.',
    async run(server) {
      for (const [x, words] of [
        [await server.post(CALL_EVENT_V1, '{}', { Origin: FOREIGN }), 'Origin not allowed'],
        [await server.post(CALL_EVENT_V1, '{}'), 'Unauthorized'],
      ] as const)
        must(x.json['error'] === words, `error should be ${JSON.stringify(words)}`, x)
    },
  },
  {
    id: 'answer.no-secret',
    title: 'No response holds a secret or a token, whatever was asked',
    cause: 'A debug field, an error that prints its configuration, or a header.',
    isAlone: true,
    isLast: true,
    async run(server) {
      await server.ask('/')
      await server.ask('/debug')
      await server.ask('/.env')
      for (const path of server.posts) {
        await server.ask(path)
        await server.post(path, 'nonsense')
        await server.post(path, ' '.repeat(65_537))
        await server.post(path, '{}', { 'Content-Type': 'application/xml' })
        await server.post(path, '{}', { Origin: FOREIGN })
        await server.preflight(path, server.origin)
      }
      for (const way of signedWays(server)) {
        await way.sendEvent(way.event())
        await way.send('{}')
        await way.sendEvent(way.event(), { secret: 'not-the-secret-of-this-site' })
        await way.sendEvent(way.event(), { ts: '1000000000' })
      }
      // Every response of the run has been searched by now: this check runs when the others are done.
      const found = leaksOf(server.traces)[0]
      must(
        !found,
        `${found?.name} is in a response (${found?.exchange.request.method} ${found?.exchange.request.url}, ${found?.exchange.status})`,
        ...(found ? [found.exchange] : []),
      )
    },
  },
])
