import { expect, test } from 'vitest'
import { ids } from './reference.js'
import { fleet, type ServerChange } from './support/fleet.js'

test('a feed that shows every call conforms', async () => {
  const results = await fleet()(['live'])
  expect(results.filter(({ verdict }) => verdict !== 'passed')).toEqual([])
})

test.each<[string, string, ServerChange]>([
  [
    'without late matches',
    'live.matched-late',
    (message) => (message.type === 'call' && message.matched_later ? undefined : message),
  ],
  [
    'whose late match names no session',
    'live.matched-late',
    (message) =>
      message.type === 'call' && message.matched_later ? { ...message, session_id: null } : message,
  ],
  [
    'that shows the time of arrival',
    'live.occurred-at',
    (message) => (message.type === 'call' ? { ...message, occurred_at: message.at } : message),
  ],
  [
    'that sends a reader nothing when it comes back',
    'live.after',
    (message, url) => (url.includes('after=') ? undefined : message),
  ],
  [
    'that remembers the calls of another process only',
    'live.after-elsewhere',
    (() => {
      let calls = 0
      return (message, url) =>
        url.includes('after=') && message.type === 'call' && ++calls > 1 ? undefined : message
    })(),
  ],
  [
    'that shows no calls',
    'live.call',
    (message) => (message.type === 'call' ? undefined : message),
  ],
  [
    'that shows no page views',
    'live.sync-and-refused',
    (message) => (message.type === 'sync' ? undefined : message),
  ],
])('a feed %s is found', async (_, id, change) => {
  const found = ids(await fleet({ change })([id]), 'failed')
  expect(found).toContain(id)
})

test('a feed that sends a call twice is within the contract', async () => {
  const results = await fleet({ resendsAll: true })(['live.after', 'live.after-elsewhere'])
  expect(ids(results, 'passed')).toEqual(['live.after', 'live.after-elsewhere'])
})
