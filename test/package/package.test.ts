import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const core = readFileSync(join(root, 'dist/core.js'))
const npm = (args: string[], cwd: string): string =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })

let folder: string
let files: string[]

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'opsmantik-package-'))
  const [packed] = JSON.parse(npm(['pack', '--json', '--pack-destination', folder], root))
  files = packed.files.map(({ path }: { path: string }) => path)
  writeFileSync(join(folder, 'package.json'), '{"name":"empty","private":true}')
  npm(['install', '--offline', '--no-audit', '--no-fund', join(folder, packed.filename)], folder)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const run = (source: string, type: 'module' | 'commonjs'): unknown =>
  JSON.parse(
    execFileSync(process.execPath, [`--input-type=${type}`, '-e', source], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  )

test('the script tag is as small as the README says', () => {
  const size = brotliCompressSync(core).length
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const [, said] = /<!-- size -->([\d,]+)<!-- \/size -->/.exec(readme)!
  expect(said).toBe(size.toLocaleString('en'))
  expect(size).toBeLessThanOrEqual(3_356)
})

test('the contract costs the script tag no byte that it does not use', () => {
  const text = core.toString()
  for (const word of [
    'X-Ops-Proxy',
    'X-Request-Id',
    'RateLimit',
    'PAYLOAD_TOO_LARGE',
    'ORIGIN_NOT_ALLOWED',
    'Unauthorized',
    '/api/sync',
    '/api/health',
    '/call-event/v2',
    'phone_number',
    'openapi',
  ])
    expect(text, word).not.toContain(word)
  // What it does use is there: the list above is not empty for another reason.
  for (const word of ['X-Ops-Signature', '/api/call-event', 'SIGNATURE_TIMESTAMP_INVALID'])
    expect(text, word).toContain(word)
})

test('the script tag holds nothing that a strict policy or a page would object to', () => {
  expect(core.toString()).not.toMatch(
    /\beval\b|new Function|innerHTML|document\.write|preventDefault|stopPropagation|unload|createElement/,
  )
})

test('the package holds what it should, and nothing else', () => {
  for (const path of files)
    expect(path).toMatch(
      /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|SECURITY\.md|src\/contract\/vectors\.json|dist\/.+\.(js|d\.ts))$/,
    )
  for (const path of ['dist/core.js', 'dist/index.js', 'dist/proxy.js', 'dist/types/index.d.ts'])
    expect(files).toContain(path)
})

test('the tarball in an empty project brings no dependency with it', () => {
  const { dependencies } = JSON.parse(npm(['ls', '--all', '--json'], folder))
  expect(Object.keys(dependencies)).toEqual(['@opsmantik/tracker'])
  expect(dependencies['@opsmantik/tracker'].dependencies).toBeUndefined()
})

const USE = `
  const tracker = createTracker({ siteId: '0123456789abcdef0123456789abcdef', proxyUrl: '/ops' })
  const proxy = createProxy({ consoleUrl: 'https://console.example', secret: undefined })
  proxy(new Request('https://shop.example/ops', { method: 'GET' })).then((response) =>
    console.log(JSON.stringify([tracker.mode, CALL_EVENT_V2, response.status])))`

test('the tarball in an empty project can be imported', () => {
  const source = `
    import { createTracker } from '@opsmantik/tracker'
    import { createProxy } from '@opsmantik/tracker/proxy'
    import { CALL_EVENT_V2 } from '@opsmantik/tracker/contract'${USE}`
  expect(run(source, 'module')).toEqual(['noop', '/api/call-event/v2', 405])
})

test('the tarball in an empty project can be required', () => {
  const source = `
    const { createTracker } = require('@opsmantik/tracker')
    const { createProxy } = require('@opsmantik/tracker/proxy')
    const { CALL_EVENT_V2 } = require('@opsmantik/tracker/contract')${USE}`
  expect(run(source, 'commonjs')).toEqual(['noop', '/api/call-event/v2', 405])
})
