import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { freePort } from '../../demo/ports.mjs'
import { startServer } from '../../demo/server.mjs'
import { launchBrowser } from '../support/browser.js'
import { servePage } from '../support/page-server.js'
import { readRows } from '../support/rows.js'
import { ask } from './support/ask.js'
import { addToConfig, configure, php } from './support/php.js'

const site = inject('wordpress')
const siteId = '0123456789abcdef0123456789abcdef'
const secret = 'the-very-secret-of-this-test'
const settings = { console_url: 'https://console.example', site_id: siteId, script: true, secret }

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser?.close())
afterEach(() => addToConfig(site, ''))

/** The script tag on the contact page. */
const tag = async (): Promise<string | undefined> => {
  const { text } = await ask(`${site.url}/contact/`, { method: 'GET' })
  expect(text).toContain('tel:+441632960123')
  expect(text).not.toContain(secret)
  return /<script[^>]*\/opsmantik\/[^>]*>/.exec(text)?.[0]
}

test('the script tag stands on the page with the proxy’s own addresses, and nothing of the secret', async () => {
  configure(site, settings)
  const script = await tag()
  const attributes = Object.fromEntries(
    [...(script ?? '').matchAll(/\s(data-ops-[\w-]+)="([^"]*)"/g)].map(([, name, value]) => [
      name,
      value,
    ]),
  )
  expect(attributes).toEqual({
    'data-ops-site-id': siteId,
    'data-ops-proxy-url': `${site.url}/wp-json/opsmantik/v1/call-event`,
    'data-ops-sync-url': `${site.url}/wp-json/opsmantik/v1/sync`,
  })
  expect(script).toMatch(/\sdefer\s/)
})

test('the script is left out where it is switched off, and while something is missing', async () => {
  for (const gap of [{ script: false }, { site_id: '' }, { console_url: '' }]) {
    configure(site, { ...settings, ...gap })
    expect(await tag()).toBe(undefined)
  }
})

test('a filter adds attributes, escaped', async () => {
  configure(site, settings)
  addToConfig(
    site,
    `require_once ABSPATH . 'wp-includes/plugin.php';
    add_filter( 'opsmantik_script_attributes', function ( $attributes ) {
      return $attributes + array( 'data-ops-consent' => 'required', 'data-ops-x' => '"><b>' );
    } );`,
  )
  const script = await tag()
  expect(script).toContain('data-ops-consent="required"')
  expect(script).toContain('data-ops-x="&quot;&gt;&lt;b&gt;"')
})

/** The contact page of the shop, whose visitors' presses a separate reference server records. */
const visit = async (path: string): Promise<{ targets: string[]; answers: number[] }> => {
  const folder = mkdtempSync(join(tmpdir(), 'opsmantik-'))
  const server = await startServer({
    port: await freePort(0),
    siteId,
    secret,
    origins: [site.url],
    dataDir: join(folder, 'data'),
  })
  configure(site, { ...settings, console_url: new URL(server.url).origin })
  const context = await browser.newContext()
  const answers: number[] = []
  try {
    const page = await context.newPage()
    page.on('response', (response) => {
      if (response.url().includes('opsmantik') && response.request().method() === 'POST')
        answers.push(response.status())
    })
    const answer = (route: string) =>
      page.waitForResponse((response) => response.url().endsWith(`/opsmantik/v1/${route}`))
    const viewed = answer('sync')
    await page.goto(site.url + path)
    await viewed
    const pressed = answer('call-event')
    await page.click('#phone')
    expect(await (await pressed).json()).toMatchObject({ status: 'matched' })
    const empty = (): boolean =>
      !Object.keys(localStorage).some((key) => /opsmantik:.*[\da-f]{8}-/.test(key))
    await page.waitForFunction(empty, undefined, { timeout: 10_000 })
    await page.reload()
  } finally {
    await context.close()
    await server.stop()
  }
  const rows = await readRows(join(folder, 'data', 'postgres'))
  rmSync(folder, { recursive: true, force: true })
  return { targets: rows.map((row) => row.intent_target), answers }
}

test('a press on a phone number is recorded once, and belongs to the visit', async () => {
  const { targets, answers } = await visit('/contact/')
  expect(targets).toEqual(['+441632960123'])
  expect(new Set(answers)).toEqual(new Set([200]))
})

test('on a second domain of the shop a press is recorded once, and its page can read that', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'opsmantik-'))
  const dataDir = join(folder, 'data')
  // V2 comes from the plugin, so the server needs neither domain in its list.
  const origins = ['https://unrelated.example']
  const server = await startServer({ port: await freePort(0), siteId, secret, origins, dataDir })
  configure(site, { ...settings, console_url: new URL(server.url).origin })
  const routes = `${site.url}/wp-json/opsmantik/v1`
  const html = `<!doctype html><script src="${site.url}/wp-content/plugins/opsmantik/assets/core.js"
    data-ops-site-id="${siteId}" data-ops-proxy-url="${routes}/call-event" data-ops-sync-url="${routes}/sync"></script>`
  const second = await servePage((_, response) =>
    response.setHeader('Content-Type', 'text/html').end(html),
  )
  const foreign = await servePage((_, response) =>
    response.setHeader('Content-Type', 'text/html').end(html),
  )
  addToConfig(
    site,
    `require_once ABSPATH . 'wp-includes/plugin.php';
    add_filter( 'opsmantik_origins', function ( $origins ) { $origins[] = '${second.origin}/'; return $origins; } );`,
  )
  const press = async (origin: string, target: string): Promise<unknown> => {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(origin)
    await page.waitForFunction(() => window.opsmantik?.mode)
    const outcome = await page.evaluate((to) => window.opsmantik!.intent('phone', to), target)
    // JSON takes a preflight.
    const refusal = await page.evaluate(
      (url) =>
        fetch(url, { method: 'POST', body: '[]', headers: { 'Content-Type': 'application/json' } })
          .then((response) => response.json())
          .then(({ code }) => code as string)
          .catch(() => 'unreadable'),
      `${routes}/call-event`,
    )
    await context.close()
    return { ...outcome, refusal }
  }
  try {
    expect(await press(second.origin, '+441632960124')).toMatchObject({
      status: 'delivered',
      refusal: 'INVALID_JSON',
    })
    expect(await press(foreign.origin, '+441632960125')).toMatchObject({
      status: 'queued',
      refusal: 'unreadable',
    })
  } finally {
    second.close()
    foreign.close()
    await server.stop()
  }
  const rows = await readRows(join(dataDir, 'postgres'))
  rmSync(folder, { recursive: true, force: true })
  expect(rows.map((row) => row.intent_target)).toEqual(['+441632960124'])
})

test('without pretty permalinks a press is recorded too', async () => {
  php(site, `update_option( 'permalink_structure', '' );`)
  try {
    const id = php(site, `echo get_page_by_path( 'contact' )->ID;`)
    expect((await visit(`/?page_id=${id}`)).targets).toEqual(['+441632960123'])
  } finally {
    php(site, `update_option( 'permalink_structure', '/%postname%/' );`)
  }
})
