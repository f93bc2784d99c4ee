import { expect, it } from 'vitest'
import { isOwnHost } from './own-host.js'

it.each([
  'localhost',
  'LOCALHOST:8787',
  '127.0.0.1:1',
  '127.9.9.9',
  '[::1]:8787',
  '192.168.1.5:8787',
])('%s is this machine', (host) => expect(isOwnHost(host, '192.168.1.5')).toBe(true))

it.each([
  undefined,
  '',
  'evil.example',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'localhost:1:2',
  '192.168.1.6',
  '0.0.0.0:8787',
  'localhost; x',
])('%s is not', (host) => expect(isOwnHost(host, '0.0.0.0')).toBe(false))
