import type { CallEvent } from '@opsmantik/tracker/contract'
import { expect, test } from 'vitest'
import { describeFilter, fits } from './calls.js'

const call: CallEvent = { site_id: 's', fingerprint: 'f', intent_action: 'phone', gclid: null }

test('a call fits if it has every field of the filter', () => {
  expect(fits(undefined, call)).toBe(true)
  expect(fits({}, call)).toBe(true)
  expect(fits({ intent_action: 'phone', fingerprint: 'f' }, call)).toBe(true)
  expect(fits({ intent_action: 'phone', fingerprint: 'g' }, call)).toBe(false)
  expect(fits(({ intent_action }) => intent_action === 'phone', call)).toBe(true)
})

test('null asks for a field that is not there, be it null or absent, and for no other', () => {
  expect(fits({ gclid: null }, call)).toBe(true)
  expect(fits({ wbraid: null }, call)).toBe(true)
  const withUrl: CallEvent = { ...call, url: '' }
  expect(fits({ url: null }, withUrl)).toBe(false)
})

test('a filter is described by its fields, or by the name of its function', () => {
  const isPhone = (): boolean => true
  expect(describeFilter(undefined)).toBe('')
  expect(describeFilter({})).toBe('')
  expect(describeFilter({ gclid: null })).toBe(' with {"gclid":null}')
  expect(describeFilter(isPhone)).toBe(' that fits isPhone')
})
