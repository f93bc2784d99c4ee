import { expect, it } from 'vitest'
import { fieldsOf } from './detail-request.js'

it('fields that the message of a call does not have are shown by their names; empty and absent ones are not', () => {
  const event = { site_id: 's', fingerprint: 'f', gclid: 'g-1', value: 0, wbraid: null }
  expect(fieldsOf(event)).toEqual([
    ['gclid', 'g-1'],
    ['value', '0'],
  ])
  expect(fieldsOf(undefined)).toEqual([])
})
