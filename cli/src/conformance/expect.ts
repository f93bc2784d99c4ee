import { must } from './check.js'
import type { Exchange } from '../probe/exchange.js'

const SHOWN = 300

const shown = (x: Exchange): string => {
  const code = x.json['code'] === undefined ? '' : ` ${String(x.json['code'])}`
  return `${x.status}${code}`
}

export const expectStatus = (x: Exchange, status: number, why: string): void =>
  must(x.status === status, `${why}: expected ${status}, got ${shown(x)}`, x)

/** A refusal in the contract's words (section 7): status, `code`, a sentence, JSON. */
export const expectRefusal = (x: Exchange, status: number, code: string, why: string): void => {
  must(
    x.status === status && x.json['code'] === code,
    `${why}: expected ${status} ${code}, got ${shown(x)}`,
    x,
  )
  must(
    typeof x.json['error'] === 'string' && x.json['error'] !== '',
    `${why}: "error" should be a sentence for a person`,
    x,
  )
  expectJson(x)
}

export const expectJson = (x: Exchange): void =>
  must(
    /^application\/(json|problem\+json)\b/i.test(x.headers.get('content-type') ?? '') &&
      Object.keys(x.json).length > 0,
    `the answer is not JSON: ${x.headers.get('content-type') ?? 'no content type'}, ${x.text.slice(0, SHOWN)}`,
    x,
  )

/** No 5xx, whatever was sent. */
export const expectNo5xx = (x: Exchange, why: string): void =>
  must(x.status < 500, `${why}: got ${shown(x)}`, x)

export const corsHeaders = (x: Exchange): string[] =>
  [...x.headers].filter(([name]) => name.startsWith('access-control-')).map(([name]) => name)

export const expectNoCors = (x: Exchange, why: string): void => {
  const found = corsHeaders(x)
  must(
    found.length === 0,
    `${why}: no Access-Control-* may stand there, found ${found.join(', ')}`,
    x,
  )
}

export const expectCors = (x: Exchange, origin: string, why: string): void => {
  const allowed = x.headers.get('access-control-allow-origin')
  must(
    allowed === origin,
    `${why}: Access-Control-Allow-Origin should be ${origin}, is ${allowed ?? 'missing'}`,
    x,
  )
}

export const listOf = (value: string | null): string[] =>
  (value ?? '')
    .split(',')
    .map((item) => item.trim().toLowerCase())
    .filter(Boolean)

export const expectVary = (x: Exchange, why: string): void =>
  must(
    listOf(x.headers.get('vary')).some((name) => name === 'origin' || name === '*'),
    `${why}: Vary should name Origin, is ${x.headers.get('vary') ?? 'missing'}`,
    x,
  )

/** A call event that counts as recorded or known (section 7). */
export const expectTaken = (x: Exchange, why: string): void => {
  const { status } = x.json
  must(
    x.status === 200 && ['matched', 'unmatched', 'noop'].includes(status as string),
    `${why}: expected 200 matched, unmatched or noop, got ${shown(x)} ${String(status ?? '')}`,
    x,
  )
}

export const expectRecorded = (x: Exchange, why: string): void => {
  expectTaken(x, why)
  must(
    x.json['status'] !== 'noop',
    `${why}: it was never recorded before, but the answer is noop`,
    x,
  )
}

export const expectNoop = (x: Exchange, why: string): void => {
  expectTaken(x, why)
  must(x.json['status'] === 'noop', `${why}: expected noop, got ${String(x.json['status'])}`, x)
}
