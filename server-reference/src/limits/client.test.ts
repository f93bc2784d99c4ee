import { expect, it } from 'vitest'
import { WebContext } from '../http/web-context.js'
import { clientAddress, clientKey } from './client.js'

const addressOf = (address: string, hops: number, forwarded?: string): string => {
  const headers: Record<string, string> =
    forwarded === undefined ? {} : { 'X-Forwarded-For': forwarded }
  const request = new Request('http://localhost/', { headers })
  return clientAddress(new WebContext(request, { address }), hops)
}

it('without trusted hops the socket’s address counts, whatever is forwarded', () => {
  expect(addressOf('192.0.2.1', 0, '198.51.100.7')).toBe('192.0.2.1')
})

it.each([
  [1, '198.51.100.7', '198.51.100.7'],
  [1, '203.0.113.9, 198.51.100.7', '198.51.100.7'],
  [2, '203.0.113.66, 203.0.113.9, 198.51.100.7', '203.0.113.9'],
  [2, '198.51.100.7', '198.51.100.7'],
  [1, '203.0.113.9,', '203.0.113.9'],
  [1, '198.51.100.7:4711', '198.51.100.7'],
  [1, '[2001:db8::1]:4711', '2001:db8:0:0::/64'],
  [1, 'unknown', '192.0.2.1'],
  [1, '', '192.0.2.1'],
])('with %i trusted hops "%s" is %s: counted from the right', (hops, forwarded, expected) => {
  expect(addressOf('192.0.2.1', hops, forwarded)).toBe(expected)
})

it.each([
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8::5:6', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('%s is counted as %s: a /64 belongs to one client', (address, expected) => {
  expect(addressOf(address, 0)).toBe(expected)
})

it('only the first 64 characters of the user agent make another client', () => {
  const key = (agent: string): string => {
    const request = new Request('http://localhost/', { headers: { 'User-Agent': agent } })
    return clientKey(new WebContext(request), '192.0.2.1')
  }
  expect(key('a'.repeat(64) + 'b')).toBe(key('a'.repeat(64) + 'c'))
  expect(key('a')).not.toBe(key('b'))
})
