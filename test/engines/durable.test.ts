import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { chromium } from '../../bench/delivery/engines/chromium.mjs'
import { firefox } from '../../bench/delivery/engines/firefox.mjs'
import { webkit } from '../../bench/delivery/engines/webkit.mjs'
import { playKill } from '../../bench/delivery/kill.mjs'
import { KEPT } from '../../bench/delivery/pages.mjs'
import { drive, ENGINES, type DrivenEngine, type Tab } from './drive.js'
import { BUILDS, SITE_ID, startSite, type Build, type EngineSite } from './site.js'

const TARGETS = Array.from({ length: 10 }, (_, i) => `target-${i}`)
const BUTTONS = TARGETS.map(
  (target) =>
    `<button id="${target}" data-ops-intent="call" data-ops-target="${target}">x</button>`,
).join('')
const RESTORED =
  '<script>addEventListener("pageshow", (event) => (window.restored = event.persisted))</script>'
/** Contract section 13. */
const IN_FLIGHT_MAX = 4
/** Longer than a press takes to arrive, in milliseconds. */
const QUIET = 400

const script = (build: Build, attributes = ''): string =>
  `<script src="/${build}" data-ops-site-id="${SITE_ID}" data-ops-proxy-url="/ops" ${attributes}></script>`

describe.each(ENGINES.flatMap((name) => BUILDS.map((build) => [name, build] as const)))(
  'in %s with dist/%s',
  (name, build) => {
    let engine: DrivenEngine
    let site: EngineSite
    let tab: Tab

    beforeAll(async () => {
      engine = await drive(name)
    })
    afterAll(() => engine?.close())
    // Each test has a separate origin, because the device's storage belongs to the origin.
    beforeEach(async () => {
      site = await startSite()
      tab = await engine.tab()
    })
    afterEach(async () => {
      await tab.close()
      site.stop()
    })

    const kept = (): Promise<string> => tab.run<string>(KEPT)
    const keeps = (target: string, what: boolean) =>
      vi.waitUntil(async () => (await kept()).includes(target) === what, { timeout: 10_000 })
    const quiet = () => new Promise((resolve) => setTimeout(resolve, QUIET))
    const targets = (): unknown[] => site.calls.map(({ intent_target }) => intent_target)

    it('a page whose events wait still enters the back/forward cache, and the events arrive after it', async () => {
      site.html = script(build) + RESTORED + BUTTONS
      site.answer = 503
      await tab.open(site.url)
      await tab.press('target-0')
      await keeps('target-0', true)
      await tab.open(site.elsewhere)
      site.answer = 200
      await tab.back()
      await vi.waitUntil(() => tab.run('window.restored !== undefined').catch(() => false), {
        timeout: 10_000,
      })
      expect(await tab.run('window.restored')).toBe(true)
      await vi.waitUntil(() => site.calls.length > 0, { timeout: 20_000 })
      await keeps('target-0', false)
      expect(targets()).toEqual(['target-0'])
    })

    it("after a visit to #opsmantik-ignore the device's own presses are not sent, on no page, until ignore(false)", async () => {
      site.html = script(build) + BUTTONS
      await tab.open(site.url + '#opsmantik-ignore')
      await tab.press('target-0')
      await tab.open(site.url + 'page')
      await tab.press('target-1')
      await quiet()
      expect([site.calls, (await kept()).includes('target-')]).toEqual([[], false])
      await tab.run('void opsmantik.ignore(false)')
      await tab.press('target-2')
      await vi.waitUntil(() => site.calls.length > 0, { timeout: 10_000 })
      expect(targets()).toEqual(['target-2'])
    })

    it('before consent nothing is sent or stored; then what waited is; withdrawn, every store is empty', async () => {
      const all = `(async () => (await ${KEPT}) + Object.keys(localStorage) + Object.keys(sessionStorage))()`
      site.html = script(build, 'data-ops-consent="required"') + BUTTONS
      await tab.open(site.url)
      await tab.press('target-0')
      await quiet()
      expect([site.calls, await tab.run(all)]).toEqual([[], ''])
      await tab.run('void opsmantik.consent(true)')
      await vi.waitUntil(() => site.calls.length === 1, { timeout: 10_000 })
      expect(targets()).toEqual(['target-0'])
      // A refusal after which the tracker waits half a minute: no request is under way when consent is withdrawn.
      site.answer = 401
      await tab.press('target-1')
      await keeps('target-1', true)
      await tab.run('void opsmantik.consent(false)')
      await vi.waitUntil(async () => (await tab.run(all)) === '', { timeout: 10_000 })
      site.answer = 200
      await tab.run('void opsmantik.flush()')
      await tab.press('target-2')
      await quiet()
      expect([targets(), await tab.run(all)]).toEqual([['target-0'], ''])
    })

    it('localStorage that the page clears, while the server is away, takes no event with it', async () => {
      site.html = script(build) + BUTTONS
      site.answer = 503
      await tab.open(site.url)
      await tab.press('target-0')
      await quiet()
      await tab.run('localStorage.clear()')
      await tab.open(site.elsewhere)
      site.answer = 200
      await tab.open(site.url)
      await vi.waitUntil(() => site.calls.length > 0, { timeout: 20_000 })
      expect(targets()).toEqual(['target-0'])
    })

    it('ten requests that hang are four at once, the site opens beside them, and each event arrives once', async () => {
      site.html = script(build) + BUTTONS
      await tab.open(site.url)
      site.answer = 'hangs'
      for (const target of TARGETS) await tab.press(target)
      await quiet()
      expect(site.mostOpen).toBe(IN_FLIGHT_MAX)
      const next = await engine.tab()
      // The page of the same origin that has to find a connection; the driver's patience is the limit.
      await next.open(site.url)
      site.release()
      await vi.waitUntil(() => new Set(targets()).size === TARGETS.length, { timeout: 40_000 })
      await quiet()
      // Not sooner: it takes part in sending the queue, and a page that goes away before a response may cause a second delivery.
      await next.close()
      expect(targets().toSorted()).toEqual(TARGETS)
    })
  },
)

// WebKit's driver forgets its profile: there the page presses by itself, and the device cannot be taken offline.
describe.each([
  [chromium, 'proxy', 'core.proxy.js', 'hanging'],
  [chromium, 'signed', 'core.js', '503'],
  [firefox, 'proxy', 'core.proxy.js', 'offline'],
  [firefox, 'signed', 'core.js', 'unreachable'],
  [webkit, 'proxy', 'core.proxy.js', '503'],
] as const)('$name', (engine, mode, build, server) => {
  it(`killed a second after presses while the server is ${server}, loses none (${mode}, dist/${build})`, async () => {
    const core = readFileSync(new URL(`../../dist/${build}`, import.meta.url))
    const kill = { server, pressAt: 0, killAfter: 1 }
    const presses = 4
    const survival = await playKill(engine, mode, kill, presses, core, 60_000)
    expect(survival).toMatchObject({ sent: presses, arrived: presses, once: presses, held: 0 })
  }, 120_000)
})
