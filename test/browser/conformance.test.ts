import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../demo/ports.mjs'
import { startServer } from '../../demo/server.mjs'
import { launchBrowser } from '../support/browser.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SITE = '0123456789abcdef0123456789abcdef'
const SECRET = 'a-secret-of-24-characters'
const ORIGIN = 'https://shop.example'

/** Runs the built command as a user would. */
const opsmantik = (words: string[], env: Record<string, string> = {}) => {
  const child = spawn(process.execPath, ['dist/cli.js', ...words], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (text) => (stdout += String(text)))
  child.stderr.on('data', (text) => (stderr += String(text)))
  return {
    child,
    finished: once(child, 'close').then(([code]) => ({ code: code as number, stdout, stderr })),
    /** Resolves with what a line of standard error says, as soon as it is there. */
    async says(pattern: RegExp): Promise<string> {
      for (;;) {
        const found = pattern.exec(stderr)
        if (found) return found[1]!
        await once(child.stderr, 'data')
      }
    },
  }
}

const startReference = async (variables: Record<string, string> = {}): Promise<string> => {
  const server = await startServer({
    port: await freePort(0),
    siteId: SITE,
    secret: SECRET,
    origins: [ORIGIN],
    variables: { LIVE_TOKEN: 'the-live-token-of-this-test', ...variables },
  })
  onTestFinished(() => server.stop())
  return new URL(server.url).origin
}

test('conformance of the server that a checkout serves', async () => {
  const url = await startReference()
  const words = ['conformance', url, '--site-id', SITE, '--secret-env', 'S', '--origin', ORIGIN]
  const env = { S: SECRET, T: 'the-live-token-of-this-test' }
  const { code, stdout } = await opsmantik([...words, '--live-token-env', 'T'], env).finished
  expect(stdout).toMatch(/Conformant: \d+ passed, 0 failed/)
  expect(stdout).toContain('delete from public.calls')
  expect(stdout).not.toContain(SECRET)
  expect(code).toBe(0)
})

test('a server that does not conform: what was sent, what came back, which section, exit code 1', async () => {
  const url = await startReference({ CALL_EVENT_SIGNING_DISABLED: '1' })
  const words = ['conformance', url, '--site-id', SITE, '--secret-env', 'S', '--origin', ORIGIN]
  const { code, stdout } = await opsmantik([...words, '--only', 'signature.wrong'], { S: SECRET })
    .finished
  expect(stdout).toContain('✗ signature.wrong  MUST, section 3')
  expect(stdout).toContain(`curl -i '${url}/api/call-event'`)
  expect(stdout).toMatch(/Came back:\s+200/)
  expect(code).toBe(1)
})

test('nothing to run against is exit code 2, and says so', async () => {
  const url = `http://127.0.0.1:${await freePort(0)}`
  const { code, stderr } = await opsmantik(['conformance', url]).finished
  expect(stderr).toContain(`nothing answers at ${url}`)
  expect(code).toBe(2)
})

test('a server somewhere else is asked about first', async () => {
  const { code, stderr } = await opsmantik(['conformance', 'https://console.example']).finished
  expect(stderr).toContain('say --yes')
  expect(code).toBe(2)
})

test.each(['proxy', 'signed'])(
  'our own script in a browser conforms as a client (%s)',
  async (mode) => {
    const run = opsmantik([
      'conformance',
      'client',
      '--script=dist/core.js',
      `--mode=${mode}`,
      `--listen-port=${await freePort(0)}`,
    ])
    const stage = await run.says(/Open (\S+) in/)
    const browser = await launchBrowser()
    onTestFinished(() => browser.close())
    const page = await browser.newPage()
    await page.goto(stage)
    const { code, stdout } = await run.finished
    expect(stdout).toMatch(/Conformant: \d+ passed, 0 failed/)
    expect(code).toBe(0)
  },
  120_000,
)
