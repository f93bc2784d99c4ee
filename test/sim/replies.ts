import type { Random } from './random.js'

/** A reply that is sent to a browser. */
export interface SimulatedReply {
  status: number
  text: string
  /** Lower-case names. */
  headers: Record<string, string>
  /** A redirect was followed on the way. */
  redirected?: boolean
}

const STATUSES = [
  400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 417, 418, 421,
  422, 423, 424, 425, 426, 428, 429, 431, 451, 499, 500, 501, 502, 503, 504, 505, 507, 508, 511,
  520, 521, 522, 523, 524, 525, 526, 530, 598,
]
const HTML = [
  '<!doctype html><title>Wait</title>',
  '<html><body>No</body></html>',
  '<!DOCTYPE HTML>',
]

/** Something between the browser and the server answers instead of it; nothing is recorded. */
export const strangersReply = (random: Random, now: number): SimulatedReply => {
  const headers: Record<string, string> = {}
  const kind = random.weighted([
    [4, 'html'],
    [2, 'busy'],
    [3, 'text'],
    [3, 'json without code'],
    [2, 'json with a strange code'],
    [1, 'json with code'],
    [1, 'redirected'],
  ] as const)
  const status = random.pick(STATUSES)
  const json = (body: unknown): SimulatedReply => {
    headers['content-type'] = 'application/json'
    return { status, text: JSON.stringify(body), headers }
  }
  switch (kind) {
    case 'html':
      if (random.chance(0.7)) headers['content-type'] = 'text/html; charset=utf-8'
      return { status: random.pick([200, 200, 203, status]), text: random.pick(HTML), headers }
    case 'busy':
      headers['retry-after'] = retryAfter(random, now)
      return { ...json({ error: 'busy', code: 'RATE_LIMITED' }), status: random.pick([429, 503]) }
    case 'text':
      headers['content-type'] = 'text/plain'
      return { status, text: random.pick(['', 'no', 'null', '{"code":']), headers }
    case 'json without code':
      return json(random.pick([null, 'no', [], {}, { error: 'no' }, { status: 'noop' }]))
    case 'json with a strange code':
      return json({
        code: random.pick(['rest_no_route', 17, null, '', 'Forbidden']),
        message: 'no',
      })
    case 'json with code':
      return json({
        error: 'no',
        code: random.pick(['INVALID_BODY', 'INVALID_BODY', 'ORIGIN_NOT_ALLOWED']),
      })
    case 'redirected':
      return { ...json({ status: 'unmatched' }), status: 200, redirected: true }
  }
}

const retryAfter = (random: Random, now: number): string => {
  const seconds = random.weighted([
    [10, random.between(1, 90)],
    [4, random.between(90, 3_600)],
    [1, 100_000],
  ])
  return random.weighted([
    [8, String(seconds)],
    [3, new Date(now + seconds * 1_000).toUTCString()],
    [1, '0'],
    [1, 'soon'],
  ])
}

/** A refusal of the configuration: the first retry comes after about a minute. */
const RARE_WAIT = 60_000

/**
 * The verdict of contract section 13 on a response, implemented a second time, so that the tracker is not judged by its
 * own code. `done`: recorded. `dropped`: refused with this code. `kept`: retry, after the given milliseconds if the
 * response has them.
 */
export type Meaning =
  { is: 'done' } | { is: 'dropped'; code: string } | { is: 'kept'; wait: number; at: number }

export const meaning = ({ status, text, headers, redirected }: SimulatedReply): Meaning => {
  const kept: Meaning = { is: 'kept', wait: 0, at: 0 }
  const isHtml = headers['content-type']?.includes('html') || /^\s*<(!doctype|html)/i.test(text)
  const mayWait = status === 408 || status === 425 || status === 429 || status >= 500
  if (redirected || (isHtml && !mayWait)) return { ...kept, wait: RARE_WAIT }
  if (status >= 200 && status < 300) return { is: 'done' }
  if (mayWait) {
    const asked = headers['retry-after'] ?? ''
    if (/^\d+$/.test(asked)) return { ...kept, wait: Number(asked) * 1_000 }
    return { ...kept, at: Date.parse(asked) || 0 }
  }
  try {
    const { code, server_ts } = JSON.parse(text) as { code?: unknown; server_ts?: unknown }
    if (code === 'SIGNATURE_TIMESTAMP_INVALID' && server_ts) return kept
    const isItsOwnFault =
      status === 400
        ? code === 'INVALID_JSON' || code === 'INVALID_BODY'
        : status === 413 && code === 'PAYLOAD_TOO_LARGE'
    if (isItsOwnFault) return { is: 'dropped', code: String(code) }
  } catch {
    // Not the contract's.
  }
  return { ...kept, wait: RARE_WAIT }
}
