import { expect, it } from 'vitest'
import { redactUrls } from './redact-urls.js'

it.each([
  [
    'cannot reach https://user:pass@x.upstash.io/pipeline.',
    'cannot reach https://***@x.upstash.io/pipeline.',
  ],
  ['redis://:p@ss:w@ord@h:6379', 'redis://***@h:6379'],
  ['"postgres://u:p%40x@h/d"', '"postgres://***@h/d"'],
  ['two: REDISS://a@b and postgresql://c:d@e', 'two: REDISS://***@b and postgresql://***@e'],
])('%s', (text, expected) => {
  expect(redactUrls(text)).toBe(expected)
})

it('other texts stay, with an @ too', () => {
  const text = 'https://shop.example/?mail=a@b.example and info@shop.example'
  expect(redactUrls(text)).toBe(text)
})
