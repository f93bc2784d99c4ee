import { expect, test } from 'vitest'
import { failureOf, rootOf, timeoutAfter, wordsOf } from './failure.js'

const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), {
  code: 'ECONNREFUSED',
})

test.each<[string, unknown]>([
  ['an error of Node', refused],
  ['the cause of an error of fetch', new TypeError('fetch failed', { cause: refused })],
  ['the first address of several', new AggregateError([refused, new Error('::1')])],
  ['both', new TypeError('fetch failed', { cause: new AggregateError([refused]) })],
])('the root of an error is %s', (_, error) => {
  expect(rootOf(error)).toEqual({ code: 'ECONNREFUSED', message: refused.message })
  expect(failureOf(error, 'connect')).toEqual({
    code: 'ECONNREFUSED',
    message: refused.message,
    phase: 'connect',
  })
})

test('something thrown that is no error has words too', () => {
  expect(rootOf('broken')).toEqual({ code: 'UNKNOWN', message: 'broken' })
  expect(rootOf(undefined)).toEqual({ code: 'UNKNOWN', message: 'undefined' })
})

test('the words of an error name its root once', () => {
  expect(wordsOf(refused)).toBe(refused.message)
  expect(wordsOf(new TypeError('fetch failed', { cause: refused }))).toBe(
    'fetch failed: connect ECONNREFUSED 127.0.0.1:1',
  )
})

test('a time-out says how long it was', () => {
  expect(timeoutAfter(250, 'answer')).toEqual({
    code: 'TIMEOUT',
    message: 'nothing within 250 ms',
    phase: 'answer',
  })
})
