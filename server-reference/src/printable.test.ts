import { expect, it } from 'vitest'
import { printable, printableLines } from './printable.js'

it.each([
  ['an escape sequence', '\x1b[31mred', '\\u001b[31mred'],
  ['a C1 control, which needs no ESC', 'https://x\x9b31m', 'https://x\\u009b31m'],
  ['DEL and NUL', 'a\x7fb\0', 'a\\u007fb\\u0000'],
  ['line feeds and returns', 'a\nb\rc', 'a\\u000ab\\u000dc'],
  ['separators of lines and paragraphs', 'a\u2028b\u2029', 'a\\u2028b\\u2029'],
  ['bidirectional controls', 'a\u202eb\u2066c\u200fd\u061c', 'a\\u202eb\\u2066c\\u200fd\\u061c'],
  ['half a surrogate pair', 'a\ud83d', 'a\\ud83d'],
])('%s is shown as an escape', (_, text, expected) => {
  expect(printable(text)).toBe(expected)
})

it('letters of every script and whole emoji stay', () => {
  const text = 'İstanbul – 東京 – القاهرة – 👩‍🔧'
  expect(printable(text)).toBe(text)
})

it('inside JSON the escape is the same character', () => {
  const value = { origin: 'https://x\x9b31m\u202e' }
  expect(JSON.parse(printable(JSON.stringify(value)))).toEqual(value)
})

it('of several lines the line feeds stay, and nothing else', () => {
  expect(printableLines('a\x9b\nb\r\n')).toBe('a\\u009b\nb\\u000d\n')
})
