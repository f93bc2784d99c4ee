import { execFileSync, spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
]

const executable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const installed = (): string | undefined => {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const own = chromium.executablePath()
  return [
    ...folders.flatMap((folder) => NAMES.map((name) => join(folder, name))),
    ...PLACES,
    ...(own ? [own] : []),
  ].find(executable)
}

const say = (text: string): void => console.log(`[browser] ${text}`)

const run = (command: string, args: string[]): boolean => {
  say(`${command} ${args.join(' ')}`)
  return spawnSync(command, args, { stdio: 'inherit' }).status === 0
}

/**
 * Returns the path of the Chromium that the tests drive: `CHROMIUM_PATH`, else an installed one, else one that this
 * installs, by Debian's package manager if that is allowed, else by Playwright.
 *
 * @throws Error that names the remedy, if there is none and none can be installed: tests fail then, they do not skip
 */
export const findBrowser = (): string => {
  const asked = process.env['CHROMIUM_PATH']
  if (asked !== undefined) {
    if (!executable(asked)) throw new Error(`CHROMIUM_PATH: nothing to execute at ${asked}`)
    return asked
  }
  let path = installed()
  if (!path && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    say('no Chromium found, installing the package of this system')
    run('apt-get', ['update', '-q'])
    run('apt-get', ['install', '-qy', '--no-install-recommends', 'chromium'])
    path = installed()
  }
  if (!path) {
    say('no Chromium found, asking Playwright to download one')
    const playwright = fileURLToPath(import.meta.resolve('playwright-core/package.json'))
    run(process.execPath, [join(playwright, '..', 'cli.js'), 'install', 'chromium'])
    path = installed()
  }
  if (!path)
    throw new Error(
      'The browser tests need Chromium. Install Chromium or Chrome, or set CHROMIUM_PATH to where it is.',
    )
  say(`${execFileSync(path, ['--version']).toString().trim()} at ${path}`)
  return path
}
