import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildServer, type BuiltServer } from '../../server-reference/src/testing/server-process.js'
import { launchBrowser } from '../support/browser.js'

let built: BuiltServer
let browser: Browser
let url: string

beforeAll(async () => {
  built = await buildServer()
  url = (await built.start()).url
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  built.remove()
})

test.each([1280, 390])(
  '/docs shows the contract %i pixels wide, from this server alone',
  async (width) => {
    const page = await browser.newPage({ viewport: { width, height: 900 } })
    const requests: string[] = []
    const complaints: string[] = []
    page.on('request', (request) => requests.push(request.url()))
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(`${url}/docs`)
    for (const path of [
      '/api/call-event',
      '/api/call-event/v2',
      '/api/sync',
      '/api/health',
      '/api/live',
    ])
      expect(
        await page.getByRole('heading', { name: new RegExp(` ${path}$`) }).count(),
      ).toBeGreaterThan(0)
    await page.getByRole('link', { name: 'CallEvent' }).first().click()
    expect(
      await page.locator('tr', { hasText: /fingerprint.*at most 128.*required/s }).count(),
    ).toBe(1)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    expect(requests.every((one) => one.startsWith(url))).toBe(true)
    expect(complaints.filter((text) => !text.includes('favicon'))).toEqual([])
    await page.close()
  },
)
