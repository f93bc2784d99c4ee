// Acts as a visitor in three engines: Chromium and Firefox by Playwright, WebKit by its own driver.
import { chromium as chromiumType, firefox as firefoxType, type Page } from 'playwright-core'
import { chromium, options as chromiumOptions } from '../../bench/delivery/engines/chromium.mjs'
import { firefox, options as firefoxOptions } from '../../bench/delivery/engines/firefox.mjs'
import { webkit } from '../../bench/delivery/engines/webkit.mjs'

/** One tab. Elements are named by their ids; presses are trusted input. */
export interface Tab {
  open(url: string): Promise<void>
  press(id: string, how?: 'left' | 'middle' | 'right' | 'enter' | 'drag'): Promise<void>
  /** Returns the value of an expression. */
  run<T>(expression: string): Promise<T>
  back(): Promise<void>
  close(): Promise<void>
  /** Only in engines that Playwright drives. */
  page?: Page
}

export interface DrivenEngine {
  tab(): Promise<Tab>
  close(): Promise<void>
}

const playwrightTab = (page: Page): Tab => ({
  page,
  open: async (url) => void (await page.goto(url)),
  async press(id, how = 'left') {
    const element = page.locator(`#${id}`)
    if (how === 'enter') {
      await element.focus()
      await page.keyboard.press('Enter')
    } else if (how === 'drag') {
      await element.hover()
      await page.mouse.down()
      await page.mouse.move(400, 400, { steps: 5 })
      await page.mouse.up()
    } else await element.click({ button: how, noWaitAfter: true })
  },
  run: (expression) => page.evaluate(expression),
  back: () => page.evaluate('void setTimeout(() => history.back())'),
  close: () => page.close(),
})

const ENTER = '\ue007'

const start = {
  chromium: async (): Promise<DrivenEngine> => {
    const browser = await chromiumType.launch(chromiumOptions)
    const context = await browser.newContext({ hasTouch: true })
    return {
      tab: async () => playwrightTab(await context.newPage()),
      close: () => browser.close(),
    }
  },
  firefox: async (): Promise<DrivenEngine> => {
    const browser = await firefoxType.launch(firefoxOptions)
    const context = await browser.newContext()
    return {
      tab: async () => playwrightTab(await context.newPage()),
      close: () => browser.close(),
    }
  },
  webkit: async (): Promise<DrivenEngine> => {
    const browser = await webkit.start(1)
    return {
      async tab() {
        const tab = await browser.tab(0)
        return {
          open: (url) => tab.open(url),
          async press(id, how = 'left') {
            if (how === 'left') return tab.press(id)
            if (how === 'enter') {
              await tab.run(`document.getElementById('${id}').focus()`)
              return tab.act!([{ type: 'key', id: 'keys', actions: keyPress(ENTER) }])
            }
            throw new Error(`WebKit's driver cannot press ${how}: pointer actions hang`)
          },
          run: (expression) => tab.run(expression),
          back: () => tab.back(),
          close: () => tab.close(),
        }
      },
      close: () => browser.close(),
    }
  },
}
const keyPress = (value: string) => [
  { type: 'keyDown', value },
  { type: 'keyUp', value },
]

export type EngineName = keyof typeof start
export const ENGINES: EngineName[] = ['chromium', 'firefox', 'webkit']

/**
 * Starts an engine.
 *
 * @throws Error that names Debian's package, if it is not installed: these tests fail then, they do not skip
 */
export const drive = (name: EngineName): Promise<DrivenEngine> => {
  const { missing } = { chromium, firefox, webkit }[name]
  if (missing !== undefined)
    throw new Error(`${name} is not installed: apt-get install --no-install-recommends ${missing}`)
  return start[name]()
}
