import { CALL_EVENT_V1, CALL_EVENT_V2 } from '@opsmantik/tracker/contract'
import type { Sighting } from '../store/sighting.js'

/** One of the four lights of the setup page. */
export interface Light {
  /** `unused`: presses arrive without a proxy. */
  state: 'ok' | 'problem' | 'waiting' | 'unused'
  /** Milliseconds since the epoch: when that was seen last. */
  at: number | null
  /** Why the last request was refused, if that is the problem. */
  code: string | null
}

export interface Lights {
  script: Light
  origin: Light & { origin: string | null }
  proxy: Light & { host: string | null }
  press: Light
}

const ORIGIN_CODES = ['ORIGIN_NOT_ALLOWED', 'ORIGIN_REQUIRED']
const PROXY_CODES = [
  'SIGNATURE_REQUIRED',
  'SIGNATURE_TIMESTAMP_INVALID',
  'SIGNATURE_INVALID',
  'SITE_MISMATCH',
  'INVALID_SITE_ID',
]

/**
 * Decides the lights: the newest of what speaks for a light and what speaks against it counts. Anyone can claim to be of
 * a site, so a forged request turns a light to `problem` until the next good one, and none turns it to `ok`, except for
 * `script`, which only says that something was seen.
 *
 * @param seen newest first
 * @param lastPress milliseconds since the epoch; null: no call is recorded
 */
export const lightsOf = (seen: readonly Sighting[], lastPress: number | null): Lights => {
  const newest = (isWanted: (one: Sighting) => boolean): Sighting | undefined => seen.find(isWanted)
  const isAccepted = ({ kind }: Sighting): boolean => kind === 'press' || kind === 'page_view'
  const isOfProxy = ({ endpoint, proxyHost }: Sighting): boolean =>
    endpoint === CALL_EVENT_V2 || proxyHost !== ''

  const script = newest(() => true)
  const signed = newest((one) => isAccepted(one) && isOfProxy(one))
  const unsigned = newest((one) => isOfProxy(one) && PROXY_CODES.includes(one.code))
  const denied = newest(({ code }) => ORIGIN_CODES.includes(code))
  const accepted = newest(isAccepted)
  const direct = newest(({ kind, endpoint }) => kind === 'press' && endpoint === CALL_EVENT_V1)
  const refused = newest(
    ({ kind, endpoint }) =>
      kind === 'refused' && (endpoint === CALL_EVENT_V1 || endpoint === CALL_EVENT_V2),
  )
  const pressAt = Math.max(newest(({ kind }) => kind === 'press')?.lastAt ?? 0, lastPress ?? 0)
  const proxy = judge(signed?.lastAt, unsigned)
  const origin = judge(accepted?.lastAt, denied)
  const isDirect = proxy.state === 'waiting' && direct !== undefined
  return {
    script: judge(script?.lastAt ?? lastPress ?? undefined, undefined),
    origin: {
      ...origin,
      origin: (origin.state === 'problem' ? denied : accepted)?.origin || null,
    },
    proxy: {
      ...(isDirect ? { state: 'unused' as const, at: null, code: null } : proxy),
      host: (proxy.state === 'problem' ? unsigned : signed)?.proxyHost || null,
    },
    press: judge(pressAt === 0 ? undefined : pressAt, refused),
  }
}

const judge = (goodAt: number | undefined, bad: Sighting | undefined): Light => {
  if (bad !== undefined && (goodAt === undefined || bad.lastAt > goodAt))
    return { state: 'problem', at: bad.lastAt, code: bad.code }
  return goodAt === undefined
    ? { state: 'waiting', at: null, code: null }
    : { state: 'ok', at: goodAt, code: null }
}
