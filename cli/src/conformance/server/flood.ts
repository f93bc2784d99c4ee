import { CALL_EVENT_V1, SYNC } from '@opsmantik/tracker/contract'
import { Limited, must, NotSeen } from '../check.js'
import type { Exchange } from '../../probe/exchange.js'
import type { Server, Traces } from './server.js'

/** More than this many requests are not sent for a limit's sake. */
const MOST = 1_000
export const AT_ONCE = 20

/** Sends until one is refused with 429. */
export const untilLimited = async (send: () => Promise<Exchange>): Promise<Exchange> => {
  for (let sent = 0; sent < MOST; sent += AT_ONCE) {
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, send))
    const limited = answers.find(({ status }) => status === 429)
    if (limited) return limited
    // Two of them: the last request of a window is rightly told that nothing is left.
    const over = answers.filter(({ headers }) => /; *r=0\b/.test(headers.get('ratelimit') ?? ''))
    must(
      over.length < 2,
      `RateLimit says that nothing is left, and the request is not refused: expected 429, got ${over[0]?.status} with RateLimit ${over[0]?.headers.get('ratelimit')}`,
      ...over.slice(0, 1),
    )
  }
  throw new NotSeen(`${MOST} requests in a row were not limited; RATE_LIMIT_* is higher here`)
}

/** Looks at what holds over the limit. A minute that ends in the middle gives everybody a new share: then once more. */
export const whileLimited = async (
  send: () => Promise<Exchange>,
  look: (limited: Exchange) => Promise<void>,
  isStill: () => Promise<Exchange> = send,
): Promise<void> => {
  const limited = await untilLimited(send)
  try {
    await look(limited)
  } catch (error) {
    if ((await isStill()).status === 429) throw error
    await look(await untilLimited(send))
  }
}

/** Headers of all requests of one client, if the kit stands in for the server's load balancers. */
export const through = ({ options }: Server): Record<string, string> => {
  const hops = options.trustedProxyHops ?? 0
  return hops === 0
    ? {}
    : { 'X-Forwarded-For': Array.from({ length: hops }, () => '203.0.113.9').join(', ') }
}

/** One client of the run, which several checks bring over its limit once, so that a run needs few requests. */
export const floodAgent = (server: Server): Record<string, string> => ({
  'User-Agent': `opsmantik-conformance flood ${server.traces.fingerprint.slice(-12)}`,
  ...through(server),
})

export const flood = (server: Server, headers: Record<string, string> = {}): Promise<Exchange> =>
  server.post(CALL_EVENT_V1, '{}', { ...floodAgent(server), ...headers })

/** Another client, for two checks of sync. */
export const floodSync = (
  server: Server,
  headers: Record<string, string> = {},
): Promise<Exchange> =>
  server.post(SYNC, 'nonsense', {
    'User-Agent': `opsmantik-conformance flood of sync ${server.traces.fingerprint.slice(-12)}`,
    ...through(server),
    ...headers,
  })

const floods = new WeakMap<Traces, Promise<Exchange>>()

/** Brings that client over its limit on V1, and again if the minute has ended since. */
export const flooded = async (server: Server): Promise<Exchange> => {
  const known = floods.get(server.traces)
  if (known) {
    await known
    const answer = await flood(server)
    if (answer.status === 429) return answer
  }
  const limited = untilLimited(() => flood(server))
  floods.set(server.traces, limited)
  limited.catch((error: unknown) => {
    // The check waits and begins again; that it was not limited at all is found out once.
    if (error instanceof Limited) floods.delete(server.traces)
  })
  return limited
}
