import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { freePort } from '../../demo/ports.mjs'
import { answers, run, start } from './support/run.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'opsmantik-server-'))
  writeFileSync(join(folder, 'package.json'), '{"name":"empty","private":true,"type":"module"}')
  const words = ['install', '--prefer-offline', '--no-audit', '--no-fund']
  const { tracker, server } = inject('tarballs')
  await run('npm', [...words, tracker, server, '@types/node@20'], folder)
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the server’s package holds what it should, and nothing else', () => {
  const installed = join(folder, 'node_modules/@opsmantik/reference-server')
  const files = readdirSync(installed, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1))
    .filter((path) => !path.startsWith('node_modules/'))
  const source = (name: string): string[] =>
    readdirSync(join(root, 'server-reference', name), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(join(root, 'server-reference'), join(entry.parentPath, entry.name)))
  expect(files.sort()).toEqual(
    [
      'LICENSE',
      'README.md',
      'dist/assets/core.js',
      'dist/assets/core.proxy.js',
      'dist/cli.js',
      'dist/index.d.ts',
      'dist/index.js',
      'dist/memory-world.js',
      'dist/memory.cjs',
      'dist/memory.d.cts',
      'dist/memory.d.ts',
      'dist/memory.js',
      'dist/start.js',
      'package.json',
      ...source('console'),
      ...source('monitoring'),
      ...source('sql'),
    ].sort(),
  )
})

test('npx @opsmantik/reference-server runs from its tarball and the tracker’s', async () => {
  const url = `http://127.0.0.1:${await freePort(0)}`
  const env = { PORT: new URL(url).port, DATA_DIR: 'memory:' }
  const words = ['--no-install', '@opsmantik/reference-server']
  const server = await start('npx', words, folder, env, answers(`${url}/api/health`))
  try {
    const health = await fetch(`${url}/api/health`)
    expect(await health.json()).toMatchObject({ ok: true, db_ok: true, version: '0.1.0' })
    expect(await (await fetch(url)).text()).toContain('<!doctype html>')
    expect(await (await fetch(`${url}/assets/core.js`)).text()).toContain('data-ops-')
  } finally {
    await server.stop()
  }
})

const USE = `
import { createHandler, type Handler } from '@opsmantik/reference-server'

const handle: Handler = createHandler({ ALLOWED_ORIGINS: 'https://shop.example', DATA_DIR: 'memory:' })
const answer: Promise<Response> = handle(new Request('https://console.example/nowhere'))
// @ts-expect-error a number is no variable
createHandler({ PORT: 8787 })
export { answer }
`

test.each(['nodenext', 'bundler'])('its types are found by %s', async (resolution) => {
  mkdirSync(join(folder, resolution), { recursive: true })
  const file = join(folder, resolution, 'use.mts')
  writeFileSync(file, USE)
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const module = resolution === 'bundler' ? 'esnext' : resolution
  const options = `--noEmit --strict --skipLibCheck --target es2023 --types node
    --moduleResolution ${resolution} --module ${module}`
  await run(process.execPath, [tsc, ...options.split(/\s+/), file], folder)
})

test('createHandler of the installed package answers', async () => {
  const source = `
    import { createHandler } from '@opsmantik/reference-server'
    const handle = createHandler({ DATA_DIR: 'memory:', LOG_LEVEL: 'silent' })
    const answer = await handle(new Request('http://127.0.0.1/nowhere'))
    console.log(answer.status, (await answer.json()).code)
    process.exit(0)`
  const said = await run(process.execPath, ['--input-type=module', '-e', source], folder)
  expect(said.trim().split('\n').at(-1)).toBe('404 NOT_FOUND')
})
