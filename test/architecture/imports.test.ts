import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { findViolations, importsOf, type PackageManifest } from './find-violations.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FOLDERS = ['src', 'server-reference/src', 'testing/src', 'cli/src']
const MANIFESTS = ['', 'server-reference/', 'testing/', 'cli/'].map((at) => `${at}package.json`)

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** Every source file of the four packages. Tests, and the suites that the server's tests share, may import what they like. */
const sources = new Map(
  FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !/\.(test|d)\.ts$/.test(name))
      .map((name) => `${folder}/${name}`)
      .filter((path) => !path.startsWith('server-reference/src/testing/'))
      .map((path): [string, string] => [path, read(path)]),
  ),
)
const manifests = new Map(
  MANIFESTS.map((path): [string, PackageManifest] => [
    path,
    JSON.parse(read(path)) as PackageManifest,
  ]),
)

test('dependencies have one direction, each is in its manifest, and Node’s modules are where Node is', () => {
  expect(sources.size).toBeGreaterThan(300)
  expect(findViolations(sources, manifests)).toEqual([])
})

test.each<[string, string, string, string]>([
  [
    'the tracker imports the server',
    'src/tracker/planted.ts',
    "import { createApp } from '@opsmantik/reference-server/memory'",
    'dependencies have one direction',
  ],
  [
    'the tracker imports the server’s file',
    'src/tracker/planted.ts',
    "import type { App } from '../../server-reference/src/app.js'",
    'it is in another package',
  ],
  [
    'the contract imports the tracker',
    'src/contract/planted.ts',
    "import { uuid } from '../tracker/uuid.js'",
    'src/contract/ may import nothing',
  ],
  [
    'the server imports its test client',
    'server-reference/src/inspect/planted.ts',
    "import type { Filter } from '@opsmantik/testing/inspection'",
    'dependencies have one direction',
  ],
  [
    'the command line imports the proxy',
    'cli/src/commands/planted.ts',
    "export { createProxy } from '@opsmantik/tracker/proxy'",
    'dependencies have one direction',
  ],
  [
    'the testing package imports the server’s whole package',
    'testing/src/msw/planted.ts',
    "const server = await import('@opsmantik/reference-server')",
    'dependencies have one direction',
  ],
  [
    'the tracker uses Node',
    'src/tracker/planted.ts',
    "import { readFileSync } from 'node:fs'",
    'it has to run without Node',
  ],
  [
    'the kit’s checks use Node',
    'cli/src/conformance/server/planted.ts',
    "import type { Socket } from 'node:net'",
    'it has to run without Node',
  ],
  [
    'the server uses a package that its manifest does not name',
    'server-reference/src/planted.ts',
    "import express from 'express'",
    'server-reference/package.json does not name it',
  ],
])('a violation is seen: %s', (_, path, text, problem) => {
  const found = findViolations(new Map([...sources, [path, text]]), manifests)
  expect(found.join('\n')).toContain(path)
  expect(found.join('\n')).toContain(problem)
})

test('a violation is seen: a file that the server’s core reaches uses Node', () => {
  const path = 'server-reference/src/steps/body.ts'
  const planted = `import { Buffer } from 'node:buffer'\n${sources.get(path)!}`
  expect(findViolations(new Map([...sources, [path, planted]]), manifests)).toEqual([
    `${path} imports node:buffer: it has to run without Node`,
  ])
})

test.each([
  ['package.json', 'terser'],
  ['cli/package.json', '@opsmantik/reference-server'],
  ['server-reference/package.json', '@opsmantik/testing'],
])('a violation is seen: %s depends on %s', (path, name) => {
  const manifest = manifests.get(path)!
  const planted = { ...manifest, dependencies: { ...manifest.dependencies, [name]: '1.0.0' } }
  expect(findViolations(sources, new Map([...manifests, [path, planted]]))).toEqual([
    `${path} must not depend on ${name}`,
  ])
})

test('types are told from what is loaded', () => {
  const text = `import type { A } from 'a'
    import { type B } from 'b'
    export type { C } from 'c'
    export * from 'd'
    // import 'e'
    const f = import('f')`
  expect(importsOf(text)).toEqual([
    { specifier: 'a', isLoaded: false },
    { specifier: 'b', isLoaded: true },
    { specifier: 'c', isLoaded: false },
    { specifier: 'd', isLoaded: true },
    { specifier: 'f', isLoaded: true },
  ])
})
