import { isIP as isNodeIP } from 'node:net'
import { expect, it } from 'vitest'
import { isIP } from './is-ip.js'

it.each([
  '192.0.2.1',
  '0.0.0.0',
  '255.255.255.255',
  '256.0.0.1',
  '1.2.3',
  '1.2.3.4.',
  '1.2.3.4.5',
  '01.2.3.4',
  '::',
  '::1',
  '2001:db8::1',
  '2001:DB8:1:2:3:4:5:6',
  '2001:db8:1:2:3:4:5:6:7',
  '::ffff:192.0.2.1',
  '::192.0.2.256',
  'fe80::1%eth0',
  'fe80::1%',
  '%eth0',
  '1::2::3',
  '12345::',
  ':::',
  '[::1]',
  '::1]',
  '::1/64',
  'unknown',
  '',
  ' 192.0.2.1',
])('“%s” is what node:net says', (text) => {
  expect(isIP(text)).toBe(isNodeIP(text))
})
