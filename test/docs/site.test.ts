import type { AxeResults } from 'axe-core'
import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import { posix } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { slugify } from '../../website/links.mjs'
import { entries } from '../../website/api.mjs'
import { docs, placeOf } from '../../website/stage.mjs'
import { addressOf } from '../../website/navigation.mjs'
import { launchBrowser } from '../support/browser.js'
import { addresses, fileOf, htmlOf, serveSite, textOf } from './support/site.js'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const LOOKED_AT = ['/', '/start/script-tag', '/runbooks/cors-error']
const pages = addresses()

let browser: Browser
let server: Server
let url: string
beforeAll(async () => {
  ;({ server, url } = await serveSite())
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  server?.close()
})

const plain = (html: string): string =>
  html
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&amp;', '&')
    .replaceAll('&quot;', '"')

const idsOf = (html: string): Set<string> =>
  new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => plain(id)))

test('every page of docs/ and every public entry of the package is a page of the site', () => {
  const wanted = [
    ...docs().map((source) => addressOf(placeOf(source))),
    ...entries().map(({ page }) => `/api/${page}`),
  ]
  expect(wanted.filter((address) => !pages.includes(address))).toEqual([])
})

test('every page of docs/ stands in the navigation', () => {
  const html = htmlOf('/contract')
  const missing = docs()
    .map((source) => addressOf(placeOf(source)))
    .filter((address) => address !== '/' && !html.includes(`href="${address}"`))
  expect(missing).toEqual([])
})

test('every page has a title of its own and one heading of the first level', () => {
  const titles = pages.map((address) => plain(/<title>(.*?)<\/title>/.exec(htmlOf(address))![1]!))
  expect(titles.filter((title) => !/\w.* \| OpsMantik tracker$/.test(title))).toEqual([
    'OpsMantik tracker',
  ])
  expect(new Set(titles).size).toBe(pages.length)
  const headings = pages.filter((address) => htmlOf(address).match(/<h1[ >]/g)?.length !== 1)
  expect(headings).toEqual([])
})

test('every link within the site leads to a page and a heading that are there', () => {
  const dead: string[] = []
  for (const address of pages)
    for (const [, raw = ''] of htmlOf(address).matchAll(
      /<(?:a|link|script|img)\b[^>]*? (?:href|src)="([^"]*)"/g,
    )) {
      const href = plain(raw)
      if (/^[a-z]+:/i.test(href)) continue
      const [path = '', anchor = ''] = href.split('#')
      const target =
        path === ''
          ? address
          : posix.resolve(posix.dirname(`${address}x`), path) +
            (path.endsWith('/') && path !== '/' ? '/' : '')
      const file = fileOf(target)
      const isThere =
        file && (anchor === '' || idsOf(htmlOf(target)).has(decodeURIComponent(anchor)))
      if (!isThere) dead.push(`${address}: ${href}`)
    }
  expect(dead).toEqual([])
})

test('every page is Markdown too, at its own address, which the page names', () => {
  for (const address of pages) {
    const path = `${address}${address.endsWith('/') ? 'index' : ''}.md`
    expect(htmlOf(address)).toContain(`<link rel="alternate" type="text/markdown" href="${path}">`)
    expect(textOf(path)).toMatch(/^# \S/m)
  }
})

test('llms.txt names every page of docs/, each with an address that is there', () => {
  const text = textOf('/llms.txt')
  expect(text).toMatch(/^# OpsMantik tracker\n\n> \S/)
  const named = [...text.matchAll(/^- \[[^\]]+\]\((\/[^)]+\.md)\)/gm)].map(([, path = '']) => path)
  expect(named.filter((path) => fileOf(path) === undefined)).toEqual([])
  const missing = docs()
    .map((source) => `/${placeOf(source)}`)
    .filter((path) => path !== '/index.md' && !named.includes(path))
  expect(missing).toEqual([])
})

test('anchors are those that GitHub makes, so that a link works in both places', () => {
  const headings = [
    ...htmlOf('/contract').matchAll(/<h2 id="([^"]+)"[^>]*>(.*?) <a class="header-anchor"/g),
  ]
  expect(headings.length).toBeGreaterThan(10)
  for (const [, id, text = ''] of headings) expect(id).toBe(slugify(plain(text)))
})

test('no page asks another origin for anything, nor complains', async () => {
  const context = await browser.newContext()
  const page = await context.newPage()
  const strangers: string[] = []
  const complaints: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:'))
      strangers.push(request.url())
  })
  page.on('console', (message) => complaints.push(`${page.url()}: ${message.text()}`))
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`))
  for (const address of pages) await page.goto(url + address)
  expect(strangers).toEqual([])
  expect(complaints).toEqual([])
  await context.close()
}, 120_000)

test('the search finds a finding of the doctor, without leaving the site', async () => {
  const page = await browser.newPage()
  const strangers: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) strangers.push(request.url())
  })
  await page.goto(url)
  await page.getByRole('button', { name: 'Search' }).first().click()
  await page.locator('#localsearch-input').fill('proxy-reserialises')
  await page.locator('a.result[href*="/runbooks/proxy-and-signatures"]').first().waitFor()
  expect(strangers).toEqual([])
  await page.close()
})

const flawsOf = async (page: Page): Promise<string[]> => {
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  )
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target }) => `${id}: ${target.join(' ')}`),
  )
}

test.each(
  LOOKED_AT.flatMap((address) =>
    (['light', 'dark'] as const).flatMap((scheme) =>
      [1280, 390].map((width) => [address, scheme, width] as const),
    ),
  ),
)(
  '%s, %s, %i pixels wide: axe finds nothing, and nothing is wider than the window',
  async (address, colorScheme, width) => {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } })
    const page = await context.newPage()
    await page.goto(url + address, { waitUntil: 'networkidle' })
    expect(await page.evaluate(() => document.documentElement.classList.contains('dark'))).toBe(
      colorScheme === 'dark',
    )
    expect(await flawsOf(page)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    await context.close()
  },
)
