import { firefox as type } from 'playwright-core'
import { find } from './find.mjs'
import { byPlaywright } from './playwright.mjs'

const executablePath = find(process.env['FIREFOX_PATH'], 'firefox-esr', 'firefox')

/**
 * The channel makes Playwright speak WebDriver BiDi, which a Firefox of the distribution understands.
 *
 * @type {import('playwright-core').LaunchOptions}
 */
export const options = { channel: 'moz-firefox', executablePath: executablePath ?? '' }

/** @type {import('./engine.mjs').Engine} */
export const firefox = {
  name: 'firefox',
  drives: true,
  missing: executablePath ? undefined : 'firefox-esr',
  ...byPlaywright(type, options),
}
