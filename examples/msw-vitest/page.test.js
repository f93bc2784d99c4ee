// @vitest-environment happy-dom
import { opsmantik } from '@opsmantik/testing/msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { startPage } from './page.js'

const kit = opsmantik()
const { siteId, proxyUrl } = kit
const server = setupServer(...kit.handlers)
let tracker

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterAll(() => server.close())
beforeEach(() => {
  tracker = startPage({ siteId, proxyUrl })
})
afterEach(() => {
  tracker.destroy()
  localStorage.clear()
  sessionStorage.clear()
  kit.reset()
})

const press = (selector) => {
  const element = document.querySelector(selector)
  element.addEventListener('click', (event) => event.preventDefault())
  element.click()
}
const status = () => document.querySelector('p').textContent

test('who presses the number is counted, with the number as it is dialled', async () => {
  press('a')
  const call = await kit.waitForCall({ intent_action: 'phone' })
  expect(call.intent_target).toBe('+905000000000')
})

test('who books offline is told so, and the booking arrives later, once', async () => {
  kit.offline({ times: 1 })
  press('button')
  await expect.poll(status).toBe('We will send it as soon as you are online.')
  await kit.waitForCall({ intent_action: 'booking' })
  expect(kit.calls()).toHaveLength(1)
})

test('who books online is thanked', async () => {
  press('button')
  await expect.poll(status).toBe('Thank you!')
})
