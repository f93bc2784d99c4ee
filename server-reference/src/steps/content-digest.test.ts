import type { CallEvent } from '@opsmantik/tracker/contract'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { contentDigest } from './content-digest.js'

const event: CallEvent = {
  site_id: '0123456789abcdef0123456789abcdef',
  fingerprint: 'visitor',
  intent_action: 'phone',
  intent_target: '+905000000000',
  value: null,
}

it('is 16 hex digits, and does not depend on how the site is named', () => {
  expect(contentDigest(event)).toMatch(/^[\da-f]{16}$/)
  expect(contentDigest({ ...event, site_id: '01234567-89ab-cdef-0123-456789abcdef' })).toBe(
    contentDigest(event),
  )
})

it.each([
  { intent_target: '+905000000001' },
  { intent_action: 'phonf' },
  { fingerprint: 'visitos' },
  { value: 0 },
  { value: '0' },
  { click_id: '' },
  { click_id: null },
])('differs if the event has %o', (changed) => {
  expect(contentDigest({ ...event, ...changed })).not.toBe(contentDigest(event))
})

it('of thousands of texts no two have the same', () => {
  const texts = fc.sample(fc.string({ unit: 'binary', maxLength: 40 }), 5_000)
  const digests = [...new Set(texts)].map((text) =>
    contentDigest({ ...event, intent_target: text }),
  )
  expect(new Set(digests).size).toBe(digests.length)
})
