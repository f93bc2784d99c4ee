import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { drive, ENGINES, type DrivenEngine, type Tab } from './drive.js'
import { startPlainChromium } from './plain-chromium.js'
import { SITE_ID, startSite, type EngineSite } from './site.js'

/** The same tracker as a script tag, as the smaller script tag without page views, and as the package's entry. */
const WAYS = {
  'dist/core.js': (attributes: string) =>
    `<script src="/core.js" data-ops-site-id="${SITE_ID}" data-ops-proxy-url="/ops" ${attributes}></script>`,
  'dist/core.proxy.js': (attributes: string) =>
    `<script src="/core.proxy.js" data-ops-site-id="${SITE_ID}" data-ops-proxy-url="/ops" ${attributes}></script>`,
  'the npm entry': (attributes: string) => `<script type="module">
    import { createTracker } from '/index.js'
    const options = { siteId: '${SITE_ID}', proxyUrl: '/ops' }
    for (const [, name, value] of '${attributes}'.matchAll(/data-ops-([\\w-]+)="(.*?)"/g))
      options[name.replace('sync-url', 'syncUrl')] = value
    window.opsmantik = createTracker(options)
  </script>`,
}
/** Presses stay on the page: what they would open is not what is tested. */
const STAY = `<script>
  for (const type of ['click', 'auxclick', 'contextmenu', 'dragstart'])
    document.addEventListener(type, (event) => event.preventDefault())
</script>`
const LINKS = `
  <p><a id="phone" href="tel:+90 500 000 00 01">call</a></p>
  <p><a id="whatsapp" href="https://wa.me/905000000002"><b>chat</b></a></p>
  <p><a id="sms" href="sms:+905000000003">text</a></p>
  <p><a id="email" href="mailto:a@b.example">write</a></p>
  <p><button id="named" data-ops-intent="booking" data-ops-target="room-7">book</button></p>
  <p><a id="alike" href="https://wa.me.evil.example/905000000009">not WhatsApp</a></p>
  <p><a id="userinfo" href="https://wa.me@evil.example/905000000009">not WhatsApp</a></p>
  <p><a id="share" href="https://wa.me/?text=look">share</a></p>
  <p><a id="group" href="https://chat.whatsapp.com/AbCdEf">group</a></p>
  <p><a id="ignored" data-ops-ignore href="tel:+905000000009">ours</a></p>
  <p><a id="cancelled" href="tel:+905000000009">cancelled by the page</a></p>
  <script>document.getElementById('cancelled').onpointerdown = () => {}</script>`
const CANCEL = `<script>
  addEventListener('click', (event) => event.target.id === 'cancelled' && event.preventDefault(), true)
</script>`

describe.each(ENGINES)('in %s', (name) => {
  let engine: DrivenEngine
  let site: EngineSite
  let tab: Tab

  beforeAll(async () => {
    site = await startSite()
    engine = await drive(name)
  })
  afterAll(async () => {
    await engine?.close()
    site?.stop()
  })
  beforeEach(async () => {
    site.calls = []
    site.views = []
    tab = await engine.tab()
  })
  afterEach(() => tab.close())

  const targets = (): unknown[] => site.calls.map(({ intent_target }) => intent_target)
  const arrived = (count: number) =>
    vi.waitUntil(() => site.calls.length >= count, { timeout: 10_000 })
  const seen = (count: number) =>
    vi.waitUntil(() => site.views.length >= count, { timeout: 10_000 })
  /** Longer than a press or a view takes to arrive. */
  const quiet = () => new Promise((resolve) => setTimeout(resolve, 400))

  describe.each(Object.entries(WAYS))('with %s', (way, tag) => {
    it('each link that reaches somebody is counted once, pressed by mouse', async () => {
      site.html = STAY + CANCEL + tag('') + LINKS
      await tab.open(site.url)
      for (const id of ['phone', 'whatsapp', 'sms', 'email', 'named']) await tab.press(id)
      await arrived(5)
      await quiet()
      expect(site.calls.map((call) => [call.intent_action, call.intent_target])).toEqual([
        ['phone', '+905000000001'],
        ['whatsapp', 'whatsapp:+905000000002'],
        ['sms', '+905000000003'],
        ['email', 'a@b.example'],
        ['booking', 'room-7'],
      ])
      expect(await tab.run('Object.keys(localStorage).filter((key) => /-/.test(key)).length')).toBe(
        0,
      )
    })

    it('a look-alike host, a share link, a group, what is ignored and what the page cancels do not count', async () => {
      site.html = STAY + CANCEL + tag('') + LINKS
      await tab.open(site.url)
      for (const id of ['alike', 'userinfo', 'share', 'group', 'ignored', 'cancelled'])
        await tab.press(id)
      await tab.press('phone')
      await arrived(1)
      await quiet()
      expect(targets()).toEqual(['+905000000001'])
    })

    // WebKit's driver hangs in every pointer action but a click.
    it.runIf(name !== 'webkit')(
      'the middle button counts; the right button and a press that is dragged away do not',
      async () => {
        site.html = STAY + tag('') + LINKS
        await tab.open(site.url)
        await tab.press('email', 'right')
        await tab.press('sms', 'drag')
        await tab.press('whatsapp', 'middle')
        await tab.press('phone')
        await arrived(2)
        await quiet()
        expect(targets()).toEqual(['whatsapp:+905000000002', '+905000000001'])
      },
    )

    it('the keyboard counts', async () => {
      site.html = STAY + tag('') + LINKS
      await tab.open(site.url)
      await tab.press('phone', 'enter')
      await arrived(1)
      await quiet()
      expect(targets()).toEqual(['+905000000001'])
    })

    // The smaller build has no page views.
    if (way !== 'dist/core.proxy.js')
      it('a page view for each page seen: loads, pushState and back, and the same address once', async () => {
        site.html = tag('data-ops-sync-url="/sync"')
        await tab.open(site.url)
        await seen(1)
        await tab.run("void history.pushState(0, '', '/page/two')")
        await seen(2)
        await tab.run("void history.replaceState(0, '', '/page/two')")
        await tab.run("void (location.hash = '#part')")
        await quiet()
        expect(site.views).toHaveLength(2)
        await tab.run('void setTimeout(() => history.back())')
        await quiet()
        await tab.run('void setTimeout(() => history.back())')
        await seen(3)
        await quiet()
        expect(site.views.map(({ u }) => new URL(String(u)).pathname)).toEqual([
          '/',
          '/page/two',
          '/',
        ])
        const [first, second] = site.views
        expect(first).toMatchObject({
          s: SITE_ID,
          ec: 'page',
          ea: 'view',
          meta: { fp: expect.any(String) },
        })
        expect(second).toMatchObject({ sid: first!.sid, r: site.url })
        expect(new Set(site.views.map(({ event_id }) => event_id)).size).toBe(3)
      })
  })

  it('a page that comes back from the back/forward cache is seen again, and the tracker keeps none out of it', async () => {
    site.html =
      WAYS['dist/core.js']('data-ops-sync-url="/sync"') +
      '<script>addEventListener("pageshow", (event) => (window.restored = event.persisted))</script>'
    await tab.open(site.url)
    await seen(1)
    await quiet()
    await tab.open(site.elsewhere)
    await tab.back()
    await seen(2)
    await vi.waitUntil(() => tab.run('window.restored !== undefined').catch(() => false), {
      timeout: 10_000,
    })
    expect(await tab.run('window.restored')).toBe(true)
    await quiet()
    expect(site.views).toHaveLength(2)
  })

  it('a form that is submitted counts once, and the click on its button does not', async () => {
    site.html = `${WAYS['dist/core.js']('')}
      <form id="contact" action="${site.elsewhere}"><button id="submit">send</button></form>`
    await tab.open(site.url)
    await tab.press('submit')
    await arrived(1)
    await quiet()
    expect(site.calls.map((call) => [call.intent_action, call.intent_target])).toEqual([
      ['form', 'contact'],
    ])
  })

  it('a press on a link that leads away at once arrives', async () => {
    site.html = `${WAYS['dist/core.js']('')}<a id="away" data-ops-intent="away" href="${site.elsewhere}">away</a>`
    await tab.open(site.url)
    await tab.press('away')
    await arrived(1)
    expect(site.calls[0]).toMatchObject({ intent_action: 'away' })
  })
})

describe('in Chromium, by touch', () => {
  let engine: DrivenEngine
  let site: EngineSite

  beforeAll(async () => {
    site = await startSite()
    engine = await drive('chromium')
  })
  afterAll(async () => {
    await engine?.close()
    site?.stop()
  })

  it('a tap counts, a scroll that starts on a link does not', async () => {
    site.html = STAY + WAYS['dist/core.js']('') + LINKS + '<div style="height: 5000px"></div>'
    const { page } = await engine.tab()
    await page!.goto(site.url)
    const box = (await page!.locator('#sms').boundingBox())!
    const session = await page!.context().newCDPSession(page!)
    const x = box.x + 5
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', y?: number) =>
      session.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: y === undefined ? [] : [{ x, y }],
      })
    await page!.evaluate(() => scrollTo(0, 0))
    await touch('touchStart', box.y + 5)
    for (let moved = 10; moved <= 100; moved += 10) await touch('touchMove', box.y + 5 - moved)
    await touch('touchEnd')
    expect(await page!.evaluate(() => scrollY)).toBeGreaterThan(50)
    await page!.evaluate(() => scrollTo(0, 0))
    await page!.tap('#phone')
    await vi.waitUntil(() => site.calls.length >= 1, { timeout: 10_000 })
    await page!.waitForTimeout(400)
    expect(site.calls.map(({ intent_target }) => intent_target)).toEqual(['+905000000001'])
  })

  it('a prerendered page is seen when it is shown, not before', async () => {
    site.views = []
    site.html = `${WAYS['dist/core.js']('data-ops-sync-url="/sync"')}
      <script>window.wasPrerendering = document.prerendering</script>
      <script type="speculationrules">{"prerender":[{"source":"list","urls":["/page/next"]}]}</script>`
    const next = `${site.url}page/next`
    const plain = await startPlainChromium()
    try {
      await plain.open(site.url)
      await vi.waitUntil(() => site.views.length === 1, { timeout: 10_000 })
      // It has been fetched and run by then; and nothing of it may have come.
      await new Promise((resolve) => setTimeout(resolve, 2_000))
      expect(site.views.map(({ u }) => u)).toEqual([site.url])
      await plain.run(site.url, `void (location.href = '/page/next')`)
      await vi.waitUntil(() => site.views.length === 2, { timeout: 10_000 })
      expect(await plain.run(next, 'window.wasPrerendering')).toBe(true)
      expect(site.views[1]).toMatchObject({ u: next })
    } finally {
      await plain.close()
    }
  })
})
