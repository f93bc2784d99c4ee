import { expect, test } from 'vitest'
import { createTracker } from '../index.js'

test('where there is no document, createTracker gives a tracker that does nothing', async () => {
  const tracker = createTracker({ siteId: '0123456789abcdef0123456789abcdef', proxyUrl: '/ops' })
  expect(tracker.mode).toBe('noop')
  expect(await tracker.intent('phone')).toMatchObject({ status: 'dropped' })
  await tracker.flush()
  tracker.destroy()
})
