import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
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
  const child = spawn(process.execPath, ['cli/dist/cli.js', ...words], {
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
  expect(stdout).toContain('curl -sS -i ')
  expect(stdout).toContain(`'${url}/api/call-event'`)
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

/** Runs the kit on the script in a separate browser. */
const judgeScript = async (mode: string): Promise<{ code: number; stdout: string }> => {
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
  return run.finished
}

// Both at the same time: most of it is waiting for the minute after which a refused configuration is tried again.
test('our own script in a browser conforms as a client, in proxy and in signed mode', async () => {
  const runs = await Promise.all(['proxy', 'signed'].map(judgeScript))
  for (const { code, stdout } of runs) {
    expect(stdout).toMatch(/Conformant: \d+ passed, 0 failed/)
    expect(code).toBe(0)
  }
}, 300_000)

test('the doctor says which line to add, and exit code 1', async () => {
  const url = await startReference()
  const words = ['doctor', url, '--origin', 'https://www.shop.example', '--old-origin', ORIGIN]
  const { code, stdout } = await opsmantik(words).finished
  expect(stdout).toContain('ALLOWED_ORIGINS=<…keep what is there>,https://www.shop.example')
  expect(stdout).toContain('ERROR  origin-not-listed')
  expect(code).toBe(1)
  const good = await opsmantik(['doctor', url, '--origin', ORIGIN, '--json']).finished
  expect(JSON.parse(good.stdout)).toMatchObject({ exitCode: 0, origin: ORIGIN })
  expect(good.code).toBe(0)
})

test('sign gives a line that is recorded when it is pasted', async () => {
  const url = await startReference()
  const { stdout } = await opsmantik(
    ['sign', '--site-id', SITE, '--secret-env', 'S', '--url', url],
    { S: SECRET },
  ).finished
  const shell = spawn('bash', ['-c', stdout], { stdio: ['ignore', 'pipe', 'ignore'] })
  let said = ''
  shell.stdout.on('data', (text) => (said += String(text)))
  await once(shell, 'close')
  expect(said).toContain('HTTP/1.1 200')
  expect(said).toContain('"status":"unmatched"')
})

test.each(['core.js', 'core.proxy.js'])(
  'snippet gives a tag for %s that a browser loads, hash and all, and that counts',
  async (name) => {
    const served = createServer((request, response) => {
      const isScript = request.url === `/${name}`
      response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html; charset=utf-8')
      response.end(isScript ? readFileSync(`${ROOT}/dist/${name}`) : page)
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void served.close())
    const words = [
      'snippet',
      '--site-id',
      SITE,
      '--proxy-url',
      '/ops',
      '--src',
      `/${name}`,
      '--stub',
    ]
    const { stdout, code } = await opsmantik(words).finished
    expect(code).toBe(0)
    const page = `<!doctype html><meta charset="utf-8"><title>x</title>${stdout}`
    const browser = await launchBrowser()
    onTestFinished(() => browser.close())
    const tab = await browser.newPage()
    await tab.goto(`http://127.0.0.1:${(served.address() as AddressInfo).port}/`)
    await tab.waitForFunction(() => window.opsmantik?.mode)
    expect(await tab.evaluate(() => window.opsmantik?.mode)).toBe('proxy')
  },
)

test.each<[string, string[], string]>([
  ['a command that there is not', ['heal'], 'there is no command "heal"'],
  ['an option that there is not', ['doctor', '--orgin', 'x'], "Unknown option '--orgin'"],
  ['a missing origin', ['doctor', 'https://c.example'], '--origin is missing'],
  ['a secret as an argument', ['sign', '--site-id', SITE, '--secret-env', 'a b'], 'takes the NAME'],
  ['nothing to send by', ['snippet', '--site-id', SITE], 'either --proxy-url'],
])('%s is exit code 2, and what to do is said', async (_, words, said) => {
  const { code, stderr } = await opsmantik(words).finished
  expect(stderr).toContain(said)
  expect(code).toBe(2)
})

test('a server that says it is production is asked about first, on this machine too', async () => {
  const url = await startReference({ NODE_ENV: 'production', SEED_SITES: '', LIVE_TOKEN: '' })
  const { code, stderr } = await opsmantik(['conformance', url, '--origin', ORIGIN]).finished
  expect(stderr).toContain(`${url} says that it is production`)
  expect(code).toBe(2)
})
