import { expect, test } from 'vitest'
import { codeOf } from '../support/code-of.js'
import { TagPage } from '../support/tag-page.js'

/**
 * Puts the HTML of a tag into the page as Google Tag Manager does: each script becomes a new element, which gets the
 * text or the address and none of the `data-*` attributes.
 */
const MANAGER = `
  const inject = (html) => {
    const parsed = document.createElement('div')
    parsed.innerHTML = html
    for (const old of parsed.querySelectorAll('script')) {
      const script = document.createElement('script')
      script.async = false
      script.type = 'text/javascript'
      if (old.src) script.src = old.src
      else script.text = old.text
      document.body.insertBefore(script, null)
    }
  }`

const site = new TagPage()
/** Puts a page with a link into place, whose tag manager injects the tag. */
const manage = (tag: string): void => {
  const quoted = JSON.stringify(tag).replaceAll('<', '\\u003c')
  site.html = `<title>t</title><a href="tel:+905000000000">call</a><script>${MANAGER}; inject(${quoted})</script>`
}

test('the tag of the page works in a tag manager as it is', async () => {
  const tag = codeOf('google-tag-manager.md', 'Google Tag Manager', 'html')
  manage(tag.replace('https://console.example.com', site.origin))
  const page = await site.browser.newPage()
  await page.goto(site.origin)
  await page.waitForFunction(() => window.opsmantik?.mode === 'proxy')
  const answered = page.waitForResponse('**/ops/call-event')
  await page.click('a')
  await (await answered).finished()
  expect(site.arrived).toEqual(['+905000000000'])
  await page.close()
})

test('a script tag pasted as it is loses its attributes there, and nothing is sent', async () => {
  manage(
    `<script src="/assets/core.proxy.js" data-ops-site-id="0123456789abcdef0123456789abcdef" data-ops-proxy-url="/ops/call-event"></script>`,
  )
  const page = await site.browser.newPage()
  await page.goto(site.origin, { waitUntil: 'networkidle' })
  await page.click('a')
  await page.waitForLoadState('networkidle')
  expect(await page.evaluate(() => window.opsmantik?.mode)).toBeUndefined()
  expect(site.arrived).toEqual([])
  await page.close()
})
