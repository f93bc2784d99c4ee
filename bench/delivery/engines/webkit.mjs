import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { freePort } from '../../../demo/ports.mjs'
import { PATIENCE, until } from './engine.mjs'
import { find } from './find.mjs'
import { killBy } from './kill-by.mjs'
import { WebDriverSession } from './webdriver.mjs'

/** A driver has one session, and a session does one thing at a time: so many run side by side. */
const SESSIONS = 3

const driverPath = find(process.env['WEBKIT_DRIVER_PATH'], 'WebKitWebDriver')
const xvfbPath = find(undefined, 'Xvfb')
const binary = find(
  process.env['MINIBROWSER_PATH'],
  ...['x86_64', 'aarch64'].flatMap((cpu) =>
    ['4.1', '4.0', '6.0'].map((abi) =>
      abi === '6.0'
        ? `/usr/lib/${cpu}-linux-gnu/webkitgtk-6.0/MiniBrowser`
        : `/usr/lib/${cpu}-linux-gnu/webkit2gtk-${abi}/MiniBrowser`,
    ),
  ),
)

/** WebKitGTK, through its own driver, on a virtual screen. @type {import('./engine.mjs').Engine} */
export const webkit = {
  name: 'webkit',
  drives: false,
  missing: driverPath && binary && xvfbPath ? undefined : 'webkit2gtk-driver xvfb xauth',

  async start(visitors) {
    const screen = await startScreen()
    const parts = await Promise.all(
      Array.from({ length: Math.min(visitors, SESSIONS) }, () => startSession(screen.env)),
    )
    /** @param {number} visitor */
    const session = (visitor) =>
      /** @type {WebDriverSession} */ (parts[visitor % parts.length]?.session)
    return {
      version: session(0).version,
      tab: (visitor) => session(visitor).tab(),
      offline: async () => false,
      async close() {
        await Promise.all(parts.map((part) => part.stop()))
        screen.stop()
      },
    }
  },

  // A driven MiniBrowser forgets everything when it ends, so this one is not driven.
  async visit(profile, urls) {
    const screen = await startScreen()
    const env = { ...screen.env, HOME: profile, XDG_DATA_HOME: profile, XDG_CACHE_HOME: profile }
    const browser = spawn(binary ?? '', urls, { env, stdio: 'ignore', detached: true })
    return {
      tabs: [],
      offline: async () => false,
      async kill(at) {
        const gone = once(browser, 'exit')
        const killed = await killBy(browser.pid ?? 0, at)
        await gone
        screen.stop()
        return killed
      },
    }
  },
}

async function startScreen() {
  const args = ['-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp']
  const xvfb = spawn(xvfbPath ?? '', args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  const stop = () => xvfb.kill()
  process.once('exit', stop)
  const [display] = await once(
    /** @type {import('node:stream').Readable} */ (xvfb.stdio[3]),
    'data',
  )
  return {
    env: { ...process.env, DISPLAY: `:${String(display).trim()}` },
    stop() {
      process.off('exit', stop)
      stop()
    },
  }
}

/** @param {NodeJS.ProcessEnv} env */
async function startSession(env) {
  const port = await freePort(0)
  const args = [`--port=${port}`, '--host=127.0.0.1']
  const driver = spawn(driverPath ?? '', args, { env, stdio: 'ignore', detached: true })
  // With the browser that it has started.
  const end = () => driver.pid && process.kill(-driver.pid, 'SIGKILL')
  process.once('exit', end)
  const url = `http://127.0.0.1:${port}`
  const answers = () =>
    fetch(`${url}/status`).then(
      () => true,
      () => false,
    )
  if (!(await until(answers, PATIENCE))) throw new Error('WebKitWebDriver does not start')
  const session = await new WebDriverSession(url).start({
    // Every step here waits for what it needs by itself.
    pageLoadStrategy: 'none',
    'webkitgtk:browserOptions': { binary, args: ['--automation'] },
  })
  return {
    session,
    async stop() {
      await session.send('DELETE', '').catch(() => {})
      process.off('exit', end)
      end()
    },
  }
}
