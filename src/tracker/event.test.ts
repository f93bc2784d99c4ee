import { expect, test, vi } from 'vitest'
import { makeEvent } from './event.js'
import { uuid } from './uuid.js'

vi.spyOn(Date, 'now').mockReturnValueOnce(1_767_225_600_000)
const id = uuid()
const make = (action: string, target: string, value?: unknown, clickId?: unknown) =>
  JSON.parse(
    makeEvent(
      {
        site_id: 'site',
        fingerprint: 'visitor',
        event_id: id,
        intent_page_url: 'https://shop.example/',
      },
      { action, target },
      () => undefined,
      clickId,
      value,
    ),
  )

test('an event holds what the contract asks for, and nothing else', () => {
  expect(make('phone', '+905000000000')).toEqual({
    site_id: 'site',
    fingerprint: 'visitor',
    event_id: id,
    intent_action: 'phone',
    intent_target: '+905000000000',
    intent_stamp: expect.stringMatching(/^1767225600000-[0-9a-f]{4}-tel-[0-9a-z]{6}$/),
    intent_page_url: 'https://shop.example/',
  })
})

test.each([
  ['phone', 'tel'],
  ['whatsapp', 'wa'],
  ['sms', 'sms'],
  ['email', 'mail'],
  ['form', 'form'],
  ['booking', 'booking'],
])('the stamp of %s says %s', (action, word) => {
  expect(make(action, 'x').intent_stamp.split('-')[2]).toBe(word)
})

test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
  'the stamp of an action that every object has says that word: %s',
  (action) => {
    expect(make(action, 'x').intent_stamp.split('-')[2]).toBe(action)
  },
)

test('the same target has the same hash, another target another', () => {
  const hash = (target: string) => make('phone', target).intent_stamp.split('-')[3]
  expect(hash('+905000000000')).toBe(hash('+905000000000'))
  expect(hash('+905000000000')).not.toBe(hash('+905000000001'))
  expect(hash('')).toMatch(/^[0-9a-z]{6}$/)
})

test.each([
  [12.5, 12.5],
  ['12.50', 12.5],
  ['-3', -3],
  [1e21, 1e21],
  [0, 0],
])('what the intent is worth travels with it: %j', (value, sent) => {
  expect(make('form', 'x', value).value).toBe(sent)
})

test.each<unknown>([
  '120 TL',
  '1.234,50',
  '',
  ' ',
  '0x10',
  NaN,
  Infinity,
  null,
  undefined,
  true,
  {},
  Symbol('x'),
  {
    toString: () => '5',
    valueOf: () => {
      throw new Error('no')
    },
  },
])('a value that is no number is left out, and the event is sent: %s', (value) => {
  expect(make('form', 'x', value)).toEqual(
    expect.not.objectContaining({ value: expect.anything() }),
  )
})

test.each(['', 'x'.repeat(257), '😀'.repeat(129), 'a\0b', '\ud800', 17, null, {}, ['a']])(
  'a click id that does not fit is left out: %j',
  (click_id) => {
    expect(make('form', 'x', 1, click_id)).not.toHaveProperty('click_id')
  },
)

test('text is cut to what the contract allows', () => {
  const event = make('a'.repeat(99), 't'.repeat(999))
  expect(event.intent_action).toHaveLength(32)
  expect(event.intent_target).toHaveLength(512)
  expect(event.intent_stamp.length).toBeLessThanOrEqual(128)
})

test('what Postgres cannot store is left out: NUL, and halves of surrogate pairs', () => {
  expect(make('phone', 'a\0b\ud800c😀').intent_target).toBe('abc😀')
  expect(make('phone', 'x'.repeat(511) + '😀').intent_target).toBe('x'.repeat(511))
})
