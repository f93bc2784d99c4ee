import { CALL_EVENT_V1, CALL_EVENT_V2, PROXY_HEADER, SYNC } from '@opsmantik/tracker/contract'
import { must } from '../check.js'
import type { Exchange } from '../../probe/exchange.js'
import { expectRecorded, expectRefusal, expectStatus } from '../expect.js'
import type { Body, Server, Signed } from './server.js'

/** One of the three ways in which a signed event reaches a server. Whatever section 3 says holds for each. */
export interface Way {
  /** How messages call it. */
  name: string
  path: string
  /** The body's field that names the site. */
  siteField: 'site_id' | 's'
  /** A text field that may hold whatever a check puts there. */
  textField: 'intent_target' | 'el'
  /** Returns an event of its own. */
  event(fields?: object): Record<string, unknown>
  /** Sends bytes with a signature. */
  send(body: Body, how?: Signed): Promise<Exchange>
  /** `send` of an event as JSON. */
  sendEvent(event: object, how?: Signed): Promise<Exchange>
  /** Sends bytes with the way's own headers and these, without a signature. */
  post(body: Body, headers?: Record<string, string>): Promise<Exchange>
}

const PROXY = { [PROXY_HEADER]: '1' }

const wayOf = (server: Server, path: string, name: string): Way => {
  const isCall = path !== SYNC
  const isBrowser = path === CALL_EVENT_V1
  const origin = isBrowser ? server.origin : null
  const own = isBrowser ? {} : PROXY
  const way: Way = {
    name,
    path,
    siteField: isCall ? 'site_id' : 's',
    textField: isCall ? 'intent_target' : 'el',
    event: (fields) =>
      isCall ? server.event(fields) : server.view({ event_id: crypto.randomUUID(), ...fields }),
    send: (body, how = {}) =>
      server.send(body, { path, origin, ...how, headers: { ...own, ...how.headers } }),
    sendEvent: (event, how) => way.send(JSON.stringify(event), how),
    post: (body, headers = {}) =>
      server.ask(path, {
        method: 'POST',
        headers: {
          ...(origin === null ? {} : { Origin: origin }),
          'Content-Type': 'application/json',
          ...own,
          ...headers,
        },
        body,
      }),
  }
  return way
}

/** V1 from a browser, V2 and sync from a proxy. */
export const signedWays = (server: Server): Way[] =>
  (
    [
      [CALL_EVENT_V1, 'V1'],
      [CALL_EVENT_V2, 'V2'],
      [SYNC, 'signed sync'],
    ] as const
  )
    .filter(([path]) => server.posts.includes(path))
    .map(([path, name]) => wayOf(server, path, name))

/** The two ways of a call event. */
export const callWays = (server: Server): Way[] => signedWays(server).slice(0, 2)

/** An event that is recorded now and was not before. */
export const expectTakenBy = (way: Way, x: Exchange, why: string): void => {
  const said = `${way.name}: ${why}`
  if (way.path !== SYNC) return expectRecorded(x, said)
  expectStatus(x, 200, said)
  must(x.json['status'] === 'synced', `${said}: expected "synced", got ${x.text.slice(0, 200)}`, x)
}

/** A refusal with this code. */
export const expectRefusedBy = (
  way: Way,
  x: Exchange,
  status: number,
  code: string,
  why: string,
): void => expectRefusal(x, status, code, `${way.name}: ${why}`)

/**
 * A refusal of the signature. A sync request that is not signed as section 3 says and has no origin may also be refused
 * for that.
 */
export const expectUnsigned = (way: Way, x: Exchange, code: string, why: string): void => {
  if (way.path === SYNC && x.status === 403)
    return expectRefusedBy(way, x, 403, 'ORIGIN_REQUIRED', why)
  expectRefusedBy(way, x, 401, code, why)
}

/** Returns the text of an event that has something put where a JSON value stands. */
export const withRaw = (way: Way, field: string, raw: string): string =>
  JSON.stringify(way.event({ [field]: '|HERE|' })).replace('"|HERE|"', () => raw)
