import { test as base, expect } from '@playwright/test'
import { opsmantikFixture } from '@opsmantik/testing/playwright'

// Each test has a server of its own (docs/e2e.md); the page's site is the one that it knows.
const serverUrl = `http://127.0.0.1:${process.env.CONSOLE_PORT ?? 8787}`
const siteId = '0123456789abcdef0123456789abcdef'
const test = base.extend({ ops: opsmantikFixture({ serverUrl, siteId }) })

test('a press during an outage is recorded once it is over, and once', async ({ page, ops }) => {
  // The shop's own proxy has one console for all tests; the namespace has a proxy too.
  await page.route('**/ops/call-event', async (route) =>
    route.fulfill({ response: await route.fetch({ url: ops.proxyUrl }) }),
  )
  await ops.fault({ status: 503, times: 2 })
  await page.goto('/')
  await page.getByRole('link', { name: '0500 000 01 07' }).click()

  expect(await ops.waitForCall({ intent_action: 'phone' }, { timeout: 15_000 })).toMatchObject({
    intent_target: '+905000000107',
  })
  expect(await ops.calls()).toHaveLength(1)
})
