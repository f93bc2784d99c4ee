import { expect, test } from 'vitest'
import { isPrintable, printable, printableJson, printableLines } from './printable.js'

test.each([
  ['an escape sequence', '\u001b[2J', '\\u001b[2J'],
  ['a C1 control sequence introducer', '\u009b31m', '\\u009b31m'],
  ['a newline', 'a\nb\r\nc', 'a\\u000ab\\u000d\\u000ac'],
  ['a line separator', 'a\u2028b', 'a\\u2028b'],
  ['a tab and a NUL', '\t\u0000', '\\u0009\\u0000'],
  ['DEL', '\u007f', '\\u007f'],
  ['a mark that turns text around', 'moc.\u202eelpmaxe', 'moc.\\u202eelpmaxe'],
  ['an isolate', '\u2066x\u2069', '\\u2066x\\u2069'],
  ['a character without width', 'pay\u200bpal', 'pay\\u200bpal'],
  ['a lone surrogate', 'a\ud800b', 'a\\ud800b'],
  ['a tag', '\u{e0041}', '\\u{e0041}'],
])('%s is written as an escape', (_, text, shown) => {
  expect(printable(text)).toBe(shown)
  expect(isPrintable(text)).toBe(false)
  expect(isPrintable(printable(text))).toBe(true)
})

test('letters of any language and emoji stay as they are', () => {
  const text = 'çağrı 電話 ☎️ 😀 “quoted” \\ '
  expect(printable(text)).toBe(text)
  expect(isPrintable(text)).toBe(true)
})

test('what is too long is cut, and its length is said', () => {
  expect(printable('x'.repeat(5_000), 10)).toBe('xxxxxxxxxx… (5000 characters)')
})

test('lines stay lines where lines are meant', () => {
  expect(printableLines('a\r\nb\u001b')).toBe('a\nb\\u001b')
})

test('JSON says the same without these characters', () => {
  const value = { a: 'x\u009b\u202e\u{e0041}\ud800\n', b: [1, null] }
  const text = printableJson(value)
  expect(JSON.parse(text)).toEqual(value)
  expect(isPrintable(text.replaceAll('\n', ''))).toBe(true)
})
