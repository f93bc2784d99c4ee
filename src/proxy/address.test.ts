import { expect, test } from 'vitest'
import { BODY, openProxy } from '../../test/support/played-upstream.js'
import type { ProxyOptions } from './options.js'
import { readAddress } from './address.js'

/** Returns the X-Forwarded-For that the upstream received. */
const forwarded = async (
  received: string | undefined,
  options: Partial<ProxyOptions> = {},
  told?: unknown,
): Promise<string | null> => {
  const { ask, seen } = openProxy(undefined, options)
  const headers = received === undefined ? {} : { 'X-Forwarded-For': received }
  expect((await ask('POST', headers, BODY, told)).status).toBe(200)
  return seen[0]!.request.headers.get('x-forwarded-for')
}

test('without the visitor’s address, nothing that the visitor says about it is forwarded', async () => {
  for (const received of [undefined, '198.51.100.1', '198.51.100.1, 203.0.113.2', ', ,'])
    expect(await forwarded(received)).toBe(null)
  expect(await forwarded('198.51.100.1', { clientAddress: () => null })).toBe(null)
})

test('an address that is none counts as unknown: a comma in it would be an entry of the visitor’s own', async () => {
  for (const told of ['203.0.113.9, 1.1.1.1', 'unknown', '999.1.1.1', '1.2.3', ':', '', {}, 7])
    expect(await forwarded('198.51.100.1', {}, told)).toBe(null)
})

test('the address that the platform reports is appended to what was received', async () => {
  expect(await forwarded(undefined, {}, '203.0.113.9')).toBe('203.0.113.9')
  expect(await forwarded('198.51.100.1', {}, '2001:db8::1')).toBe('198.51.100.1, 2001:db8::1')
})

test('clientAddress comes before the second argument, which stands in if it returns nothing', async () => {
  const clientAddress = ({ headers }: Request) => headers.get('x-real-ip')
  const { ask, seen } = openProxy(undefined, { clientAddress })
  await ask('POST', { 'X-Real-IP': '203.0.113.9' }, BODY, '127.0.0.1')
  await ask('POST', {}, BODY, '127.0.0.1')
  expect(seen.map(({ request }) => request.headers.get('x-forwarded-for'))).toEqual([
    '203.0.113.9',
    '127.0.0.1',
  ])
})

test('with trustedHops the entry that the outermost own load balancer wrote is the visitor’s', async () => {
  const forged = '1.1.1.1, 2.2.2.2'
  expect(await forwarded(`${forged}, 203.0.113.9`, { trustedHops: 1 }, '10.0.0.1')).toBe(
    `${forged}, 203.0.113.9`,
  )
  expect(await forwarded(`${forged}, 203.0.113.9, 10.0.0.2`, { trustedHops: 2 })).toBe(
    `${forged}, 203.0.113.9`,
  )
})

test('with fewer entries than trustedHops no load balancer was passed, and the socket’s address counts', async () => {
  expect(await forwarded('1.1.1.1', { trustedHops: 2 }, '203.0.113.9')).toBe('1.1.1.1, 203.0.113.9')
  expect(await forwarded('1.1.1.1', { trustedHops: 2 })).toBe(null)
  expect(await forwarded(undefined, { trustedHops: 1 }, '203.0.113.9')).toBe('203.0.113.9')
})

test.each([
  ['203.0.113.9', '203.0.113.9'],
  [' 203.0.113.9 ', '203.0.113.9'],
  ['203.0.113.9:4711', '203.0.113.9'],
  ['::ffff:203.0.113.9', '::ffff:203.0.113.9'],
  ['[2001:db8::1]:4711', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['2001:DB8::1', '2001:DB8::1'],
  ['256.0.0.1', undefined],
  ['1.2.3.4.5', undefined],
  ['1.2.3.', undefined],
  ['2001:db8', undefined],
  [':::', undefined],
  ['::1]/[::1', undefined],
  ['localhost', undefined],
])('%j is read as %j', (text, address) => {
  expect(readAddress(text)).toBe(address)
})

test.each([{ trustedHops: -1 }, { trustedHops: 1.5 }, { trustedHops: 33 }])(
  'trustedHops of $trustedHops is refused at creation',
  (options) => {
    expect(() => openProxy(undefined, options)).toThrow('trustedHops must be a whole number')
  },
)

test('trustedHops together with clientAddress is refused at creation: one of them would be ignored', () => {
  expect(() => openProxy(undefined, { trustedHops: 1, clientAddress: () => null })).toThrow(
    'trustedHops must not be combined with clientAddress',
  )
})
