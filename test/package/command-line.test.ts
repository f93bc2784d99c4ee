import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { install, ROOT, type InstalledProject } from './support/install.js'

let project: InstalledProject

beforeAll(() => {
  execFileSync('npm', ['run', '--silent', 'build:types', '-w', 'cli'], { cwd: ROOT })
  project = install(['.', 'cli'], ['--offline'])
})
afterAll(() => project.remove())

test('the command line holds what it should, and nothing else', () => {
  expect(project.tarballs[1]!.files).toEqual([
    'LICENSE',
    'README.md',
    'bin/opsmantik.js',
    'dist/cli.js',
    'dist/conformance.d.ts',
    'dist/conformance.js',
    'dist/index.js',
    'dist/vectors.json',
    'dist/vectors.schema.json',
    'package.json',
  ])
})

test('who installs it gets the tracker’s package with it, and nothing else', () => {
  const { dependencies } = project.tree()
  expect(Object.keys(dependencies).toSorted()).toEqual(['@opsmantik/tracker', 'opsmantik'])
  expect(Object.keys(dependencies['opsmantik']!.dependencies ?? {})).toEqual(['@opsmantik/tracker'])
})

test('its command runs, and knows the script of the tracker that is installed beside it', () => {
  const opsmantik = join(project.folder, 'node_modules/.bin/opsmantik')
  const run = (...words: string[]): string =>
    execFileSync(opsmantik, words, { cwd: project.folder, encoding: 'utf8' })
  expect(run('--version')).toBe('0.1.0\n')
  expect(run('conformance', '--list')).toContain('signature.')
  const tag = run('snippet', '--site-id', '0'.repeat(32), '--proxy-url', '/ops')
  expect(tag).toMatch(/tracker@0\.1\.0\/dist\/core\.proxy\.js"\n {2}integrity="sha384-[\w+/]{64}"/)
})

test('the kit can be imported, and its vectors', () => {
  const source = `
    import { serverChecks } from 'opsmantik/conformance'
    import vectors from 'opsmantik/vectors.json' with { type: 'json' }
    console.log(JSON.stringify([serverChecks.length > 100, vectors.signatures.length > 5]))`
  expect(project.run(source, 'module')).toEqual([true, true])
})

test.each(['nodenext', 'bundler'] as const)('the kit has types for %s', (resolution) => {
  const source = `
    import { openServer, proxyChecks, runChecks, serverChecks, type Result } from 'opsmantik/conformance'
    const id: string | undefined = serverChecks[0]?.id ?? proxyChecks[0]?.id
    const results: Promise<Result[]> = openServer({ url: 'https://console.example' }).then((server) =>
      runChecks(serverChecks, server),
    ).then((run) => run)
    export { id, results }
    // @ts-expect-error a server has an address
    void openServer({})`
  expect(project.check(source, resolution, '--skipLibCheck')).toBe('')
})
