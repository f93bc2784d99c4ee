import { isIP } from 'node:net'
import { expect, it } from 'vitest'
import { countedAddress } from './address.js'

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:0201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
  ['2001:0db8::5:6', '2001:db8:0:0::/64'],
  ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('%s is counted as %s', (address, expected) => {
  expect(countedAddress(address)).toBe(expected)
})

it.each([
  '',
  'unknown',
  '192.0.2',
  '192.0.2.256',
  '192.0.2.01',
  '192.0.2.1:80',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1::2::3',
  '1:2:3:4:5:6:7::8',
  '::192.0.2.1:1',
  '12345::',
  ':1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:',
  'a|b',
  '{a}',
  '::1\n',
  `::${'1'.repeat(10_000)}`,
])('%j is no address', (text) => {
  expect(countedAddress(text)).toBeNull()
  expect(isIP(text)).toBe(0)
})
