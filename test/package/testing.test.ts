import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { install, ROOT, type InstalledProject } from './support/install.js'

let project: InstalledProject

beforeAll(() => {
  execFileSync('npm', ['run', '--silent', 'build:types'], { cwd: ROOT })
  project = install(['.', 'server-reference', 'testing'], ['--prefer-offline', 'msw@2.15'])
}, 180_000)
afterAll(() => project.remove())

test('the package for tests holds what it should, and nothing else', () => {
  expect(project.tarballs[2]!.files).toEqual([
    'LICENSE',
    'README.md',
    'dist/calls.js',
    'dist/inspection.d.ts',
    'dist/inspection.js',
    'dist/jest-jsdom.cjs',
    'dist/msw.cjs',
    'dist/msw.d.cts',
    'dist/msw.d.ts',
    'dist/msw.js',
    'dist/playwright.d.ts',
    'dist/playwright.js',
    'package.json',
  ])
})

test('it contains neither the server nor the contract: both are the installed ones', () => {
  const file = join(project.folder, 'node_modules/@opsmantik/testing/dist/msw.js')
  const text = readFileSync(file, 'utf8')
  expect(text).toContain("from '@opsmantik/reference-server/memory'")
  expect(text).toContain("from '@opsmantik/tracker/contract'")
  expect(text.length).toBeLessThan(60_000)
})

const USE = `
  const kit = opsmantik()
  const { type, proxyUrl } = { type: typeof openNamespace, proxyUrl: kit.proxyUrl }
  console.log(JSON.stringify([type, proxyUrl, typeof opsmantikFixture(), typeof createApp]))
`

test('it can be imported, and so can the server’s core', () => {
  const source = `
    import { createApp } from '@opsmantik/reference-server/memory'
    import { openNamespace } from '@opsmantik/testing/inspection'
    import { opsmantik } from '@opsmantik/testing/msw'
    import { opsmantikFixture } from '@opsmantik/testing/playwright'${USE}`
  expect(project.run(source, 'module')).toEqual([
    'function',
    '/ops/call-event',
    'function',
    'function',
  ])
})

test('it can be required', () => {
  const source = `
    const { createApp } = require('@opsmantik/reference-server/memory')
    const { openNamespace } = require('@opsmantik/testing/inspection')
    const { opsmantik } = require('@opsmantik/testing/msw')
    const { opsmantikFixture } = require('@opsmantik/testing/playwright')${USE}`
  expect(project.run(source, 'commonjs')).toEqual([
    'function',
    '/ops/call-event',
    'function',
    'function',
  ])
})

test.each(['nodenext', 'bundler'] as const)('it has types for %s', (resolution) => {
  const source = `
    import { openNamespace, type Namespace } from '@opsmantik/testing/inspection'
    import { opsmantik, type OpsmantikKit } from '@opsmantik/testing/msw'
    import { opsmantikFixture } from '@opsmantik/testing/playwright'
    const kit: OpsmantikKit = opsmantik({ proxyUrl: '/ops' })
    const opened: Promise<Namespace> = openNamespace('http://127.0.0.1:8787', 'a test')
    export { kit, opened, opsmantikFixture }
    // @ts-expect-error a number is no address
    opsmantik({ proxyUrl: 1 })`
  expect(project.check(source, resolution, '--skipLibCheck')).toBe('')
})
