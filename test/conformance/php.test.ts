import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { freePort } from '../../demo/ports.mjs'
import { openProxy, proxyChecks, runChecks } from '../../cli/src/conformance/index.js'
import { playConsole } from '../../cli/src/conformance/node/console.js'
import { SITE } from '../../server-reference/src/testing/sign.js'
import { ids } from './reference.js'

const FOLDER = fileURLToPath(new URL('../../examples/proxy-php', import.meta.url))
const FURTHER = 'https://m.shop.example'

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

const startPhp = async (settings: Record<string, string>): Promise<string> => {
  const port = await freePort(0)
  const child = spawn('php', ['-S', `127.0.0.1:${port}`, 'proxy.php'], {
    cwd: FOLDER,
    env: { PATH: process.env['PATH'], PHP_CLI_SERVER_WORKERS: '8', ...settings },
    stdio: ['ignore', 'ignore', 'pipe'],
    // A separate process group, because its workers are children.
    detached: true,
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  stops.push(async () => {
    process.kill(-child.pid!, 'SIGKILL')
    await ended
  })
  await new Promise<void>((resolve, reject) => {
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk
      if (said.includes('started')) resolve()
    })
    child.once('error', reject)
    void ended.then(() => reject(new Error(`PHP ended: ${said}`)))
  })
  return `http://127.0.0.1:${port}/ops.php`
}

test('the proxy in one file of PHP conforms', async () => {
  const console = await playConsole()
  stops.push(console.close)
  const url = await startPhp({
    OPS_SITE_ID: SITE.publicId,
    OPS_SECRET: SITE.secret,
    OPS_CONSOLE_URL: console.url,
    OPS_ORIGINS: FURTHER,
  })
  const { publicId: siteId, secret } = SITE
  const targetFor = openProxy({ url, siteId, secret, furtherOrigin: FURTHER, console })
  const results = await runChecks(proxyChecks, targetFor)
  expect(results.filter(({ verdict }) => verdict === 'failed' || verdict === 'broken')).toEqual([])
  expect(ids(results, 'unseen')).toEqual(['proxy.not-configured'])
})

test('without a secret it says that it is not configured', async () => {
  const url = await startPhp({ OPS_CONSOLE_URL: 'http://127.0.0.1:1' })
  const body = JSON.stringify({ site_id: SITE.publicId })
  const response = await fetch(url, { method: 'POST', body })
  expect([response.status, (await response.json()).code]).toEqual([500, 'PROXY_NOT_CONFIGURED'])
})
