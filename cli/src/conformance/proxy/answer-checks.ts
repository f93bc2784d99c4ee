import { must, Nonconformance, section, type Check } from '../check.js'
import type { Exchange } from '../../probe/exchange.js'
import { expectRefusal, expectStatus } from '../expect.js'
import { shown } from './forwarded.js'
import type { ProxyTarget } from './proxy.js'

/** Checks what a proxy does with the server's responses, and if there is none. */
export const answerChecks: readonly Check<ProxyTarget>[] = section<ProxyTarget>(14, [
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
    id: 'proxy.slow-body',
    title: 'The 4 s cover the body too: one that drips without an end is 504 or 502',
    cause: 'The time-out is that of the connection, or of each read.',
    async run(proxy) {
      const [id, body] = proxy.event()
      proxy.console.answer(id, 'drip')
      const began = performance.now()
      let answer: Exchange
      try {
        answer = await proxy.post(body)
      } catch {
        throw new Nonconformance('no response within 10 s')
      }
      const took = (performance.now() - began) / 1000
      must([502, 504].includes(answer.status), `it became ${shown(answer)}`, answer)
      must(took < 7, `it responded after ${took.toFixed(1)} s`, answer)
    },
  },
  {
    id: 'proxy.oversized',
    level: 'SHOULD',
    title: 'A response of 2 MiB from the console is not read to its end: 502 or 504',
    cause: 'The whole response is read into memory, however large it is.',
    async run(proxy) {
      const [id, body] = proxy.event()
      const filler = 'x'.repeat(2_097_152)
      proxy.console.answer(id, { status: 200, body: JSON.stringify({ status: 'matched', filler }) })
      const answer = await proxy.post(body)
      must([502, 504].includes(answer.status), `it became ${shown(answer)}`, answer)
    },
  },
])
