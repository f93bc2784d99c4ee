import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { codeOf } from '../support/code-of.js'
import { TagPage } from '../support/tag-page.js'

const STUB = codeOf('consent.md', 'Consent', 'html')
const TAG = `<script src="/core.js" async data-ops-consent="required"
  data-ops-site-id="0123456789abcdef0123456789abcdef" data-ops-proxy-url="/ops"></script>`

const site = new TagPage()

/** The behaviour of a consent tool in the page, as far as its adapter sees it. */
interface Tool {
  heading: string
  /** Its own script: no answer yet, and the defaults that it announces. */
  script: string
  /** True if its script has to precede the adapter. */
  isFirst?: boolean
  yes: string
  no: string
}

const GTAG =
  'window.dataLayer = window.dataLayer || []; function gtag() { dataLayer.push(arguments) }'
const TCF = `let heard; const say = (eventStatus, answer) => heard({ eventStatus, gdprApplies: true,
  purpose: { consents: { 1: answer, 7: answer } } }, true);
  window.__tcfapi = (command, version, callback) => { heard = callback; say('cmpuishown', false) }`
const COOKIEBOT = `window.Cookiebot = { hasResponse: false, consent: { statistics: false } };
  const answer = (yes) => { Cookiebot.hasResponse = true; Cookiebot.consent.statistics = yes;
    dispatchEvent(new Event(yes ? 'CookiebotOnAccept' : 'CookiebotOnDecline')) }`
const ONETRUST = `let closed = false; window.OneTrust = { IsAlertBoxClosed: () => closed };
  window.OnetrustActiveGroups = ',C0001,';
  const update = (groups) => { OnetrustActiveGroups = groups; dispatchEvent(new Event('OneTrustGroupsUpdated')) }
  update(',C0001,')`
const WORDPRESS = `let statistics = false; window.wp_has_consent = (category) => category === 'statistics' && statistics;
  const answer = (value) => { statistics = value === 'allow'; document.dispatchEvent(
    new CustomEvent('wp_listen_for_consent_change', { detail: { statistics: value } })) }
  document.dispatchEvent(new Event('wp_consent_type_defined'))`

const REMEMBERED: Tool = {
  heading: 'A banner of your own, remembered',
  script: '',
  yes: 'answerConsent(true)',
  no: 'answerConsent(false)',
}
const TOOLS: Tool[] = [
  REMEMBERED,
  {
    heading: 'Google Consent Mode v2',
    script: `${GTAG}; gtag('consent', 'default', { analytics_storage: 'denied' }); dataLayer.push({ event: 'x' }, null)`,
    yes: "gtag('consent', 'update', { analytics_storage: 'granted', ad_storage: 'denied' })",
    no: "gtag('consent', 'update', { analytics_storage: 'denied' })",
  },
  {
    heading: 'IAB TCF 2',
    script: TCF,
    isFirst: true,
    yes: "say('useractioncomplete', true)",
    no: "say('useractioncomplete', false)",
  },
  { heading: 'Cookiebot', script: COOKIEBOT, yes: 'answer(true)', no: 'answer(false)' },
  {
    heading: 'OneTrust',
    script: ONETRUST,
    yes: "closed = true; update(',C0001,C0002,')",
    no: "update(',C0001,')",
  },
  { heading: 'WP Consent API', script: WORDPRESS, yes: "answer('allow')", no: "answer('deny')" },
]

/** A button, because a headless Chromium that has opened `tel:` may swallow the next pointer event. */
const button = (number: number): string =>
  `<button data-ops-intent="room" data-ops-target="room-${number}">${number}</button>`

const pageOf = ({ heading, script, isFirst }: Tool, more = ''): string => {
  const tool = `<script>${script}\n${more}</script>`
  const adapter = `<script>{${codeOf('consent.md', heading, 'js')}}</script>`
  const scripts = isFirst ? tool + adapter : adapter + tool
  return `<title>t</title>${[1, 2, 3].map(button).join('')}${STUB}${scripts}${TAG}`
}

const open = async (page: Page): Promise<void> => {
  await page.goto(site.origin)
  await page.waitForFunction(() => Reflect.get(window.opsmantik!, 'mode') === 'proxy')
}
const stored = (page: Page): Promise<number> =>
  page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('opsmantik')).length)
const press = (page: Page, number: number): Promise<void> =>
  page.click(`button:nth-of-type(${number})`)
const say = (page: Page, words: string): Promise<unknown> => page.evaluate(`${words}; 0`)

test.each(TOOLS.map((tool) => [tool.heading, tool] as const))(
  '%s: nothing before the answer, a waiting press after yes, nothing stored after no',
  async (_, tool) => {
    site.html = pageOf(tool)
    const context = await site.browser.newContext()
    const page = await context.newPage()
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    await open(page)
    await press(page, 1)
    expect(await stored(page)).toBe(0)
    expect(site.arrived).toEqual([])

    const answered = page.waitForResponse('**/ops')
    await say(page, tool.yes)
    await (await answered).finished()
    expect(site.arrived).toEqual(['room-1'])
    const next = page.waitForResponse('**/ops')
    await press(page, 2)
    await (await next).finished()
    expect(site.arrived).toEqual(['room-1', 'room-2'])
    expect(await stored(page)).toBeGreaterThan(0)

    await say(page, tool.no)
    expect(await stored(page)).toBe(0)
    await press(page, 3)
    expect(await stored(page)).toBe(0)
    expect(site.arrived).toHaveLength(2)
    expect(errors).toEqual([])
    await context.close()
  },
)

test.each(TOOLS.map((tool) => [tool.heading, tool] as const))(
  '%s: a yes from an earlier page counts before the script has loaded',
  async (_, tool) => {
    // The tool says it as soon as the adapter listens; in TCF's case that is when the adapter asks.
    site.html = pageOf(tool, tool.isFirst ? '' : tool.yes)
    if (tool.isFirst)
      site.html = site.html.replace('</script><script src=', `;${tool.yes}</script><script src=`)
    const context = await site.browser.newContext()
    const page = await context.newPage()
    await open(page)
    const answered = page.waitForResponse('**/ops')
    await press(page, 2)
    await (await answered).finished()
    expect(site.arrived).toEqual(['room-2'])
    await context.close()
  },
)

test('an answer to a banner of the site’s own is remembered on later pages, a no as well as a yes', async () => {
  site.html = pageOf(REMEMBERED)
  const context = await site.browser.newContext()
  const page = await context.newPage()
  await open(page)
  await say(page, REMEMBERED.yes)
  await open(page)
  const answered = page.waitForResponse('**/ops')
  await press(page, 1)
  await (await answered).finished()
  expect(site.arrived).toEqual(['room-1'])

  await say(page, REMEMBERED.no)
  await open(page)
  await press(page, 2)
  expect(await stored(page)).toBe(0)
  expect(site.arrived).toEqual(['room-1'])
  await context.close()
})
