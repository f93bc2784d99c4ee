import { expect, it } from 'vitest'
import { clientAddress, clientKey, visitorAddress } from './client.js'

const SOCKET = '192.0.2.1'

it('without load balancers of the server’s own the socket’s address counts, whatever is forwarded', () => {
  expect(clientAddress({ socket: SOCKET, forwarded: '198.51.100.7' }, 0)).toBe(SOCKET)
})

it.each([
  [1, '198.51.100.7', '198.51.100.7'],
  [1, '203.0.113.9, 198.51.100.7', '198.51.100.7'],
  [2, '203.0.113.66, 203.0.113.9, 198.51.100.7', '203.0.113.9'],
  [2, '198.51.100.7', '198.51.100.7'],
  [1, '203.0.113.9,', '203.0.113.9'],
  [1, '198.51.100.7:4711', '198.51.100.7'],
  [1, '[2001:db8::1]:4711', '2001:db8:0:0::/64'],
  [1, '[::ffff:c633:6407]:4711', '198.51.100.7'],
  [1, 'unknown', SOCKET],
  [1, '', SOCKET],
])('behind %i load balancers "%s" is %s: counted from the right', (hops, forwarded, expected) => {
  expect(clientAddress({ socket: SOCKET, forwarded }, hops)).toBe(expected)
})

it.each([
  [0, '198.51.100.7', '198.51.100.7'],
  [0, '203.0.113.66, 198.51.100.7', '198.51.100.7'],
  [1, '198.51.100.7, 203.0.113.9', '198.51.100.7'],
  [2, '198.51.100.7, 203.0.113.9, 203.0.113.10', '198.51.100.7'],
  [1, '203.0.113.9', '203.0.113.9'],
  [0, '', SOCKET],
  [0, 'unknown', SOCKET],
  [0, '198.51.100.7, unknown', SOCKET],
])(
  'behind %i load balancers "%s" names the visitor %s: the next hop to the left',
  (hops, forwarded, expected) => {
    expect(visitorAddress({ socket: SOCKET, forwarded }, hops)).toBe(expected)
  },
)

it('without a socket nobody is known', () => {
  expect(clientAddress({ socket: undefined, forwarded: undefined }, 0)).toBe('unknown')
})

it('only the first 64 characters of the user agent make another client', () => {
  expect(clientKey(SOCKET, 'a'.repeat(64) + 'b')).toBe(clientKey(SOCKET, 'a'.repeat(64) + 'c'))
  expect(clientKey(SOCKET, 'a')).not.toBe(clientKey(SOCKET, 'b'))
  expect(clientKey(SOCKET, undefined)).toBe(`${SOCKET} `)
})
