import { expect, it } from 'vitest'
import { proxyHost } from './proxy-host.js'

it.each([
  ['Www.Shop.Example', 'www.shop.example'],
  ['a'.repeat(128), 'a'.repeat(128)],
  ['a'.repeat(129), 'unknown'],
  ['shop.example:8080', 'unknown'],
  ['shop.example|x', 'unknown'],
  ['shop.example\n', 'unknown'],
  ['', 'unknown'],
  [undefined, 'unknown'],
])('%j counts as %s', (received, expected) => {
  expect(proxyHost(received)).toBe(expected)
})
