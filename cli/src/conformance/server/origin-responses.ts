import { CALL_EVENT_V2, SYNC } from '@opsmantik/tracker/contract'
import type { Exchange } from '../../probe/exchange.js'
import type { Server } from './server.js'
import { callWays } from './ways.js'

/** One response of each kind that a page has to be able to read. */
export const errorsFor = async (
  server: Server,
  path: string,
  origin: string = server.origin,
): Promise<[string, Exchange][]> => {
  const from = { Origin: origin }
  return [
    ['405', await server.ask(path, { method: 'PUT', headers: from })],
    ['413', await server.post(path, ' '.repeat(65_537), from)],
    ['415', await server.post(path, '{}', { 'Content-Type': 'application/xml', ...from })],
    path === SYNC
      ? ['400', await server.post(path, 'nonsense', from)]
      : ['401', await server.post(path, '{}', from)],
  ]
}

/** The refusals of a request that is signed, which only a site's own secret can provoke. */
export const signedErrorsFor = async (server: Server): Promise<[string, Exchange][]> => {
  const found: [string, Exchange][] = []
  for (const { path, name, siteField, event } of callWays(server)) {
    const how = { path, origin: server.origin }
    found.push(
      [`400 of ${name}: no JSON`, await server.send('nonsense', how)],
      [`400 of ${name}: schema`, await server.call(event({ fingerprint: '' }), how)],
      [`400 of ${name}: unknown site`, await server.call(event({ [siteField]: 'nobody' }), how)],
      [`401 of ${name}: stale`, await server.call(event(), { ...how, ts: '1000000000' })],
    )
  }
  return found
}

/** Successful responses, one of each path. */
export const successesFor = async (server: Server): Promise<[string, Exchange][]> => {
  const event = server.event()
  const v2 = { path: CALL_EVENT_V2, origin: server.origin }
  return [
    ['V1', await server.call(server.event())],
    ['V2', await server.call(event, v2)],
    ['noop of V2', await server.call(event, v2)],
    ...(server.posts.includes(SYNC)
      ? [['sync', await server.sync(server.view())] as [string, Exchange]]
      : []),
  ]
}

/** Responses to signed requests: an origin without a secret is judged by the others. */
export const signedResponses = async (server: Server): Promise<Exchange[]> =>
  server.options.secret && server.options.siteId
    ? [...(await successesFor(server)), ...(await signedErrorsFor(server))].map(([, x]) => x)
    : []
