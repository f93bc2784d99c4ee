import { chromium, type Browser } from 'playwright-core'
import { inject } from 'vitest'

/** Chromium as a visitor has it, less what phones home: the tests' machine may have no network. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: inject('browserPath'),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
