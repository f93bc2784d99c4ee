import { EXPOSED_HEADERS } from '@opsmantik/tracker/contract'
import { must } from '../check.js'
import type { Exchange } from '../../probe/exchange.js'
import { expectCors, expectRefusal, expectVary, listOf } from '../expect.js'

/** Seconds of a `Retry-After`, which may be a date too (RFC 9110, 10.2.3). */
const secondsOf = (header: string, { headers }: Exchange): number =>
  /^\d+$/.test(header)
    ? Number(header)
    : (Date.parse(header) - (Date.parse(headers.get('date') ?? '') || Date.now())) / 1_000

/** A 429 is like every other refusal: readable for its page, and with a request id. */
export const expectLimited = (answer: Exchange, origin: string | null): void => {
  const where = new URL(answer.request.url).pathname
  expectRefusal(answer, 429, 'RATE_LIMITED', `${where}: the request over the limit`)
  const header = answer.headers.get('retry-after')
  const seconds = header === null ? Number.NaN : secondsOf(header, answer)
  must(
    seconds >= 0 && seconds <= 61,
    `${where}: Retry-After of the 429 should be 1 to 60 seconds, is ${header ?? 'missing'}`,
    answer,
  )
  const { retry_after: said, request_id: id } = answer.json
  must(
    Number.isInteger(said) && Math.abs(Number(said) - seconds) <= 1,
    `${where}: retry_after should be ${seconds} as Retry-After is, it is ${JSON.stringify(said)}`,
    answer,
  )
  expectVary(answer, `${where}: the 429`)
  must(
    id === answer.headers.get('x-request-id') && typeof id === 'string',
    `${where}: the 429 should have X-Request-Id and request_id, they are ${answer.headers.get('x-request-id') ?? 'missing'} and ${JSON.stringify(id)}`,
    answer,
  )
  expectRateLimit(answer)
  if (origin === null) return
  expectCors(answer, origin, `${where}: the 429`)
  const exposed = listOf(answer.headers.get('access-control-expose-headers'))
  for (const name of listOf(EXPOSED_HEADERS))
    must(exposed.includes(name), `${where}: the 429 does not expose ${name}`, answer)
}

/** An item of a structured-field list: a string with parameters (RFC 9651, 3.1). */
const ITEM =
  /^"[^"]+"( *; *[a-z*][\w.*-]*(=("[^"]*"|-?[\d.]+|:[^:]*:|\?[01]|[a-z*][\w:/.*-]*))?)*$/i

export const expectRateLimit = (answer: Exchange): void => {
  for (const [name, parameter] of [
    ['RateLimit-Policy', 'q'],
    ['RateLimit', 'r'],
  ] as const) {
    const value = answer.headers.get(name)
    must(value, `${new URL(answer.request.url).pathname} (${answer.status}): no ${name}`, answer)
    for (const policy of value.split(/,\s*(?=")/))
      must(
        ITEM.test(policy.trim()) && new RegExp(`; *${parameter}=\\d+`).test(policy),
        `${name} should be a list of "name";${parameter}=…, is ${value}`,
        answer,
      )
  }
  const windows = secondsIn(answer, 'ratelimit-policy', 'w')
  const [longest] = windows.toSorted((a, b) => b - a)
  for (const seconds of secondsIn(answer, 'ratelimit', 't'))
    must(
      longest === undefined || seconds <= longest + 1,
      `RateLimit: t should be the seconds until the window of ${longest} s ends, is ${seconds}`,
      answer,
    )
}

/** Returns the values of a parameter of all items. */
const secondsIn = ({ headers }: Exchange, name: string, parameter: string): number[] =>
  [...(headers.get(name) ?? '').matchAll(new RegExp(`; *${parameter}=(\\d+)`, 'g'))].map(
    ([, digits]) => Number(digits),
  )
