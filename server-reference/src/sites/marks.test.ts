import { CALL_EVENT_V1, CALL_EVENT_V2 } from '@opsmantik/tracker/contract'
import { expect, it } from 'vitest'
import { call, type CallRequest } from '../testing/call.js'
import { ORIGIN, SITE } from '../testing/sign.js'
import { createWorld } from '../testing/world.js'
import { createMarks } from './marks.js'

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'
const GOOGLEBOT = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'

const markOfCall = async (sent: CallRequest, networks: string[] = [], hops = 0) => {
  const marks = createMarks(hops)
  marks.setOwn(new Map([[SITE.id, networks]]))
  const world = createWorld({ markOf: marks.markOf, trustedHops: hops })
  const { status } = await call(world, sent)
  expect(status).toBe(200)
  return world.store.memory.calls[0]!.marked
}
const v1 = { path: CALL_EVENT_V1, headers: { Origin: ORIGIN } }

it('a bot’s call is recorded and marked; a browser’s and one without a user agent are not', async () => {
  for (const [agent, expected] of [
    [GOOGLEBOT, 'bot'],
    ['curl/8.5.0', 'bot'],
    [CHROME, null],
    [undefined, null],
  ] as const)
    expect(
      await markOfCall({ ...v1, headers: { ...v1.headers, 'User-Agent': agent } }),
      agent,
    ).toBe(expected)
})

it('on V2 the user agent of a proxy that does not forward the visitor’s marks nothing', async () => {
  for (const [agent, expected] of [
    [GOOGLEBOT, 'bot'],
    ['node', null],
    ['Go-http-client/2.0', null],
    ['python-requests/2.32', null],
  ] as const)
    expect(await markOfCall({ headers: { 'User-Agent': agent } }), agent).toBe(expected)
})

it('a call from a network that the site names is the site’s own, on V1 by the client’s address', async () => {
  const own = ['192.0.2.0/24', '2001:db8:1::/48']
  for (const [address, expected] of [
    ['192.0.2.77', 'own'],
    ['::ffff:192.0.2.77', 'own'],
    ['192.0.3.1', null],
    ['2001:db8:1::5', 'own'],
    ['2001:db8:2::5', null],
  ] as const)
    expect(await markOfCall({ ...v1, address }, own), address).toBe(expected)
})

it('on V2 it is the visitor’s address, as the proxy reports it', async () => {
  const own = ['192.0.2.0/24']
  const from = (forwarded: string, address: string): CallRequest => ({
    path: CALL_EVENT_V2,
    headers: { 'X-Forwarded-For': forwarded },
    address,
  })
  expect(await markOfCall(from('192.0.2.5', '198.51.100.1'), own)).toBe('own')
  expect(await markOfCall(from('203.0.113.9', '192.0.2.5'), own)).toBeNull()
  expect(await markOfCall(from('192.0.2.5, 198.51.100.1', '10.0.0.1'), own, 1)).toBe('own')
  // Only the last hops are not written by the sender.
  expect(await markOfCall(from('192.0.2.5, 203.0.113.9', '198.51.100.1'), own)).toBeNull()
})
