import { chromium as type } from 'playwright-core'
import { find } from './find.mjs'
import { byPlaywright } from './playwright.mjs'

const executablePath = find(process.env['CHROMIUM_PATH'], 'chromium', 'chromium-browser', 'chrome')

/** @type {import('playwright-core').LaunchOptions} */
export const options = {
  executablePath: executablePath ?? '',
  // A visitor's browser has a back/forward cache; Playwright would switch it off.
  ignoreDefaultArgs: ['--disable-back-forward-cache'],
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
}

/** @type {import('./engine.mjs').Engine} */
export const chromium = {
  name: 'chromium',
  drives: true,
  missing: executablePath ? undefined : 'chromium',
  ...byPlaywright(type, options),
}
