import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
let folder: string

/** The lines of docs/msw.md: what MSW from 2.11 on takes in jest, with or without us. */
const CONFIG = `module.exports = {
  transform: {
    '\\\\.m?js$': ['babel-jest', { plugins: ['@babel/plugin-transform-modules-commonjs'] }],
  },
  transformIgnorePatterns: ['/node_modules/(?!(msw|rettime|until-async|@open-draft)/)'],
}`

const HEAD = `
const { setupServer } = require('msw/node')
const { createTracker } = require('@opsmantik/tracker')
const { opsmantik } = require('@opsmantik/testing/msw')
const kit = opsmantik()
const server = setupServer(...kit.handlers)
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterEach(() => kit.reset())
afterAll(() => server.close())`

const NODE = `${HEAD}
const { createProxy } = require('@opsmantik/tracker/proxy')
const { CALL_EVENT_V2 } = require('@opsmantik/tracker/contract')
test('a proxy of one’s own', async () => {
  const { consoleUrl, secret, siteId } = kit
  const proxy = createProxy({ consoleUrl, secret })
  const body = JSON.stringify({ site_id: siteId, fingerprint: 'f' })
  const { status } = await proxy(new Request('https://shop.example/', { method: 'POST', body }))
  expect(status).toBe(200)
  expect((await kit.waitForCall()).endpoint).toBe(CALL_EVENT_V2)
})`

const JSDOM = `/** @jest-environment @opsmantik/testing/msw/jest-jsdom */
${HEAD}
const { siteId, secret, consoleUrl, proxyUrl } = kit
test.each([
  ['proxy', { siteId, proxyUrl }],
  ['signed', { siteId, secret, consoleUrl }],
])('%s: an outage, and then the call', async (mode, options) => {
  const tracker = createTracker(options)
  expect(tracker.mode).toBe(mode)
  kit.down({ times: 1 })
  expect(await tracker.intent('sms', '+90')).toMatchObject({ status: 'queued', reason: '503' })
  expect(await kit.waitForCall()).toMatchObject({ intent_action: 'sms' })
  tracker.destroy()
})`

/** Packs a package of this repository and unpacks it into the folder that npm would use. */
const install = (source: string, name: string): void => {
  const words = ['pack', '--json', '--pack-destination', folder]
  const [{ filename }] = JSON.parse(
    execFileSync('npm', words, {
      cwd: join(root, source),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  )
  const own = join(folder, 'node_modules/@opsmantik', name)
  mkdirSync(own, { recursive: true })
  execFileSync('tar', ['xzf', join(folder, filename), '-C', own, '--strip-components=1'])
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'opsmantik-jest-'))
  install('.', 'tracker')
  install('server-reference', 'reference-server')
  install('testing', 'testing')
  const modules = join(folder, 'node_modules')
  for (const name of readdirSync(join(root, 'node_modules')))
    if (!name.startsWith('.') && name !== '@opsmantik')
      symlinkSync(join(root, 'node_modules', name), join(modules, name))
  writeFileSync(join(folder, 'package.json'), '{"name":"shop","private":true}')
  writeFileSync(join(folder, 'jest.config.js'), CONFIG)
  writeFileSync(join(folder, 'node.test.js'), NODE)
  writeFileSync(join(folder, 'jsdom.test.js'), JSDOM)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the tarballs work in jest’s CommonJS, in Node and in jsdom', () => {
  const bin = join(root, 'node_modules/jest/bin/jest.js')
  const { stdout, stderr } = spawnSync(process.execPath, [bin, '--json', '--runInBand'], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 55_000,
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  expect(stdout, stderr).toContain('"numTotalTests"')
  const result = JSON.parse(stdout)
  expect(
    result.testResults.map(({ message }: { message: string }) => message).filter(Boolean),
  ).toEqual([])
  expect(result.numPassedTests).toBe(3)
})
