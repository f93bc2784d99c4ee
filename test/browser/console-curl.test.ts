import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { launchBrowser } from '../support/browser.js'
import {
  ConsoleWorld,
  event,
  openConsole,
  ORIGIN,
  pageEvent,
  signed,
  SITE,
} from '../support/console-world.js'

const V1 = '/api/call-event'
const V2 = '/api/call-event/v2'
const world = new ConsoleWorld()
let browser: Browser
let context: BrowserContext
let page: Page

const folder = mkdtempSync(join(tmpdir(), 'opsmantik-curl-'))

beforeAll(async () => {
  await world.start()
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await world.stop()
  rmSync(folder, { recursive: true })
})
beforeEach(async () => {
  context = await browser.newContext()
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  page = await openConsole(context, world)
})
afterEach(() => context.close())

/** Characters that a shell, a terminal or curl itself would act upon. */
const NASTY = `it's "quoted" $(touch ${folder}/a) \`touch ${folder}/b\` \\ %s @file \u001b[31m\u0015\ttab\n€`

const json = { 'Content-Type': 'application/json' }
const sends: [
  string,
  () => [path: string, init: RequestInit & { headers: Record<string, string> }],
][] = [
  [
    'an origin that is denied',
    () => [
      V1,
      { method: 'POST', body: event(), headers: { ...json, Origin: 'https://evil.example' } },
    ],
  ],
  [
    'a body that is too large',
    () => [V2, { method: 'POST', body: 'x'.repeat(70_000), headers: json }],
  ],
  [
    'a wrong content type',
    () => [V2, { method: 'POST', body: event(), headers: { 'Content-Type': 'a/b' } }],
  ],
  [
    'no content type',
    () => [V2, { method: 'POST', body: new TextEncoder().encode(event()), headers: {} }],
  ],
  [
    'a wrong signature',
    () => {
      const body = event()
      return [
        V2,
        { method: 'POST', body, headers: { ...json, ...signed(body, { secret: 'x'.repeat(20) }) } },
      ]
    },
  ],
  [
    'a body that breaks a shell',
    () => {
      const body = event({ event_id: NASTY, intent_page_url: NASTY })
      return [
        V2,
        {
          method: 'POST',
          body,
          headers: { ...json, ...signed(body), Authorization: 'Bearer hush' },
        },
      ]
    },
  ],
  [
    'a body with real control characters',
    () => {
      const body = `{"x": ${NASTY}`
      return [V2, { method: 'POST', body, headers: { ...json, ...signed(body) } }]
    },
  ],
  [
    'a body that is no text',
    () => {
      const body = new Uint8Array([0x7b, 0xff, 0x00, 0x27, 0x7d])
      return [V2, { method: 'POST', body, headers: { ...json, ...signed(body) } }]
    },
  ],
  ['a method that is not allowed', () => [V2, { method: 'PUT', headers: {} }]],
  [
    'a preflight that is denied',
    () => [
      V1,
      {
        method: 'OPTIONS',
        headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' },
      },
    ],
  ],
  ['a reader without the token', () => ['/api/live?token=hush', { headers: { Origin: ORIGIN } }]],
  [
    'page events',
    () => [
      '/api/sync',
      { method: 'POST', body: JSON.stringify(pageEvent()), headers: { ...json, Origin: ORIGIN } },
    ],
  ],
  [
    'a call',
    () => {
      const body = event()
      return [V2, { method: 'POST', body, headers: { ...json, ...signed(body) } }]
    },
  ],
]

test.each(sends)('copied as curl and run, %s is answered as it was', async (name, sent) => {
  const [path, init] = sent()
  const first = await world.send(path, init)
  await page.locator('#rows tr a').first().click()
  await page.getByRole('button', { name: 'Copy as curl' }).click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  const line = await page.evaluate(() => navigator.clipboard.readText())
  expect(line).not.toContain('hush')
  expect(line).not.toContain(SITE.secret)
  // A terminal acts on these when a line is pasted.
  expect(line).not.toMatch(/[^\n\P{Cc}]/u)
  // By itself curl would call a body a form.
  if (name === 'no content type') expect(line).toContain("-H 'Content-Type:'")
  const { stdout } = await promisify(execFile)('sh', ['-c', line], { timeout: 20_000 })
  const [, status, text = ''] = /^HTTP\/1\.1 (\d{3})[^]*?\r\n\r\n([^]*)$/.exec(
    stdout.replace(/^HTTP\/1\.1 100[^]*?\r\n\r\n/, ''),
  )!
  const second = JSON.parse(text) as Record<string, unknown>
  expect(Number(status)).toBe(first.status)
  expect(second['code']).toBe(first.body['code'])
  expect(second['issues']).toEqual(first.body['issues'])
  for (const file of ['a', 'b']) expect(existsSync(join(folder, file))).toBe(false)
  if (name === 'a call')
    expect(second).toMatchObject({ status: 'noop', call_id: first.body['call_id'] })
})
