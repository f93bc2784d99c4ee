import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { install, ROOT, type InstalledProject } from './support/install.js'

const core = readFileSync(join(ROOT, 'dist/core.js'))

let project: InstalledProject
let files: string[]

beforeAll(() => {
  project = install(['.'], ['--offline'])
  files = project.tarballs[0]!.files
})
afterAll(() => project.remove())

const installed = (): string => join(project.folder, 'node_modules/@opsmantik/tracker')

test('the contract costs the script tag no byte that it does not use', () => {
  const text = core.toString()
  for (const word of [
    'X-Ops-Proxy',
    'X-Request-Id',
    'RateLimit',
    'ORIGIN_NOT_ALLOWED',
    'Unauthorized',
    '/api/sync',
    '/api/health',
    '/call-event/v2',
    'phone_number',
    'openapi',
  ])
    expect(text, word).not.toContain(word)
  // The words that it does use are found, so the list above is not empty for another reason.
  for (const word of ['X-Ops-Signature', '/api/call-event', 'SIGNATURE_TIMESTAMP_INVALID'])
    expect(text, word).toContain(word)
})

test('the script tag holds nothing that a strict policy or a page would object to', () => {
  expect(core.toString()).not.toMatch(
    /\beval\b|new Function|innerHTML|document\.write|stopPropagation|unload|createElement/,
  )
  // Of IndexedDB's own error event, which Firefox reports to the page otherwise; never of the page's events.
  expect(core.toString().match(/preventDefault/g)).toHaveLength(1)
})

test('the package holds what it should, and nothing else', () => {
  const chunks = files.filter((path) =>
    /^dist\/(chunks\/\w+\.c?js|types\/(outcome|options)\.d\.c?ts)$/.test(path),
  )
  expect(files.filter((path) => !chunks.includes(path)).sort()).toEqual(
    [
      'LICENSE',
      'README.md',
      'dist/contract.cjs',
      'dist/contract.js',
      'dist/core.js',
      'dist/core.proxy.js',
      'dist/index.cjs',
      'dist/index.js',
      'dist/proxy-node.js',
      'dist/proxy.cjs',
      'dist/proxy.js',
      'package.json',
      ...['index', 'contract', 'proxy', 'proxy-node'].flatMap((name) => [
        `dist/types/${name}.d.ts`,
        `dist/types/${name}.d.cts`,
      ]),
    ].sort(),
  )
})

test('the package has less than 200 kB unpacked', () => {
  expect(project.tarballs[0]!.unpackedSize).toBeLessThan(200_000)
})

test('no file of the package names a file that is not in it', () => {
  for (const path of files.filter((one) => /^dist\/.*\.(c?js|d\.c?ts)$/.test(one))) {
    const text = readFileSync(join(installed(), path), 'utf8')
    for (const [, name] of text.matchAll(
      /^(?!\s*(?:\/\/|\*)).*(?:from|import)\s*\(?['"](\.[^'"]+)['"]/gm,
    )) {
      const target = posix.join(posix.dirname(path), name!)
      expect(files, `${path} names ${name}`).toContain(
        /\.d\.c?ts$/.test(path) ? target.replace(/\.(c?)js$/, '.d.$1ts') : target,
      )
    }
  }
})

test('what runs in a page needs nothing of Node', () => {
  for (const path of ['dist/index.js', 'dist/proxy.js', 'dist/contract.js'])
    expect(readFileSync(join(installed(), path), 'utf8'), path).not.toMatch(
      /^\s*import\b.*['"]node:/m,
    )
})

test('what unpkg and jsDelivr serve is the script tag, with the integrity that the build and the snippet say', () => {
  const manifest = JSON.parse(readFileSync(join(installed(), 'package.json'), 'utf8'))
  for (const name of ['unpkg', 'jsdelivr'])
    expect(readFileSync(join(installed(), manifest[name])).equals(core)).toBe(true)
  const node = (args: string[]): string =>
    execFileSync(process.execPath, args, { cwd: project.folder, encoding: 'utf8' })
  const built = node([join(ROOT, 'scripts/integrity.mjs')])
  const words = ['snippet', '--site-id', '0'.repeat(32), '--proxy-url', '/ops']
  for (const [name, more] of [
    ['core.proxy.js', []],
    ['core.js', ['--sync-url', '/sync']],
  ] as const) {
    const snippet = node([join(ROOT, 'cli/bin/opsmantik.js'), ...words, ...more])
    const [, integrity] = /integrity="([^"]+)"/.exec(snippet)!
    expect(integrity).toMatch(/^sha384-[\w+/]{64}$/)
    const script = readFileSync(join(installed(), 'dist', name))
    const size = brotliCompressSync(script).length.toLocaleString('en')
    expect(built).toContain(`dist/${name} ${size} B brotli, integrity ${integrity}\n`)
    expect(snippet).toContain(`/@opsmantik/tracker@${manifest.version}/dist/${name}"`)
  }
})

test('the smaller build has nothing of signing', () => {
  const proxy = readFileSync(join(installed(), 'dist/core.proxy.js'), 'utf8')
  expect(proxy).not.toMatch(/secret|subtle|X-Ops|HMAC|sync-url/)
  expect(proxy.length).toBeLessThan(core.length)
})

test('what README says that the builds weigh is what they weigh', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  for (const [mark, name] of [
    ['size', 'core.js'],
    ['size-proxy', 'core.proxy.js'],
  ]) {
    const size = brotliCompressSync(readFileSync(join(ROOT, 'dist', name!))).length
    expect(readme).toContain(`<!-- ${mark} -->${size.toLocaleString('en')}<!-- /${mark} -->`)
  }
})

test('the tarball in an empty project brings no dependency with it', () => {
  const { dependencies } = project.tree()
  expect(Object.keys(dependencies)).toEqual(['@opsmantik/tracker'])
  expect(dependencies['@opsmantik/tracker']!.dependencies).toBeUndefined()
  const { peerDependencies } = JSON.parse(readFileSync(join(installed(), 'package.json'), 'utf8'))
  expect(peerDependencies).toBeUndefined()
})

const USE = `
  const tracker = createTracker({ siteId: '0123456789abcdef0123456789abcdef', proxyUrl: '/ops' })
  const proxy = createProxy({ consoleUrl: 'https://console.example', secret: undefined })
  proxy(new Request('https://shop.example/ops', { method: 'GET' })).then((response) =>
    console.log(JSON.stringify([tracker.mode, CALL_EVENT_V2, response.status, typeof createNodeProxy])))`

test('the tarball in an empty project can be imported', () => {
  const source = `
    import { createTracker } from '@opsmantik/tracker'
    import { createProxy } from '@opsmantik/tracker/proxy'
    import { createNodeProxy } from '@opsmantik/tracker/proxy/node'
    import { CALL_EVENT_V2 } from '@opsmantik/tracker/contract'${USE}`
  expect(project.run(source, 'module')).toEqual(['noop', '/api/call-event/v2', 405, 'function'])
})

test('the tarball in an empty project can be required', () => {
  const source = `
    const { createTracker } = require('@opsmantik/tracker')
    const { createProxy } = require('@opsmantik/tracker/proxy')
    const { createNodeProxy } = require('@opsmantik/tracker/proxy/node')
    const { CALL_EVENT_V2 } = require('@opsmantik/tracker/contract')${USE}`
  expect(project.run(source, 'commonjs')).toEqual(['noop', '/api/call-event/v2', 405, 'function'])
})

const TYPES = `
import { createTracker, type Outcome } from '@opsmantik/tracker'
import { createProxy, type ProxyLogEntry } from '@opsmantik/tracker/proxy'
import { createNodeProxy } from '@opsmantik/tracker/proxy/node'
import { CALL_EVENT_V2 } from '@opsmantik/tracker/contract'

const heard: ProxyLogEntry[] = []
const options = { secret: '', consoleUrl: '', log: (entry: ProxyLogEntry) => heard.push(entry) }
const outcome: Promise<Outcome> = createTracker({ siteId: '' }).intent('booking', 'room-7', { value: 1 })
const answer: Promise<Response> = createProxy(options)(new Request('https://shop.example'), '::1')
const path: '/api/call-event/v2' = CALL_EVENT_V2
export default [outcome, answer, path, createNodeProxy(options)]

// @ts-expect-error a site id is required
createTracker({})
// @ts-expect-error it takes a function
createProxy({ ...options, log: 'console' })
`

test.each(['nodenext', 'bundler'] as const)(
  'the tarball in an empty project has types for %s',
  (resolution) => {
    expect(project.check(TYPES, resolution, '--skipLibCheck false')).toBe('')
  },
)
