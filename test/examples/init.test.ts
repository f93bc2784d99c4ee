import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { STARTERS } from '../../cli/src/init/fixtures.js'
import { freePort } from '../../demo/ports.mjs'
import { launchBrowser } from '../support/browser.js'
import { SECRET, SITE_ID } from './support/conform.js'
import { startConsole, type InstalledServer } from './support/console.js'
import { answers, run, start } from './support/run.js'

const workspace = inject('workspace')
const cli = fileURLToPath(new URL('../../cli/bin/opsmantik.js', import.meta.url))

let browser: Browser
let server: InstalledServer
const pressed: string[] = []

beforeAll(async () => {
  browser = await launchBrowser()
  server = await startConsole(workspace)
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

/** Writes a starter into the workspace, whose packages it finds there, and lets `opsmantik init` loose on it. */
const prepare = async (name: string, files: Record<string, string> = {}): Promise<string> => {
  const folder = join(workspace, `init-${name}`)
  for (const [path, text] of Object.entries({ ...STARTERS[name], ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const answered = [
    '--site-id',
    SITE_ID,
    '--console-url',
    server.url,
    '--yes',
    '--no-install',
    '--no-doctor',
  ]
  const env = { OPS_SECRET: SECRET }
  const origin = `http://127.0.0.1:${await freePort(0)}`
  const words = [cli, 'init', '--dir', folder, '--origin', origin, ...answered]
  expect(await run(process.execPath, words, folder, env)).toContain('--undo takes it back')
  return folder
}

/** Starts the project and presses the number on its page. All that it knows of the site is what `init` wrote. */
const press = async (folder: string, command: string, words: string[]): Promise<void> => {
  const port = String(await freePort(0))
  const url = `http://127.0.0.1:${port}/`
  const project = await start(command, words, folder, { PORT: port }, answers(url))
  const page = await browser.newPage()
  try {
    await page.goto(url, { waitUntil: 'networkidle' })
    const link = page.locator('a[href^="tel:"]')
    pressed.push(((await link.getAttribute('href')) ?? '').slice('tel:'.length))
    const answered = page.waitForResponse((response) => response.url().endsWith('/ops/call-event'))
    await link.click()
    expect(await (await answered).json()).toMatchObject({ status: 'unmatched' })
  } finally {
    await page.close()
    await project.stop()
  }
}

test('Express, as its generator makes it', async () => {
  const folder = await prepare('express')
  await press(folder, process.execPath, ['bin/www'])
})

test('Fastify', async () => {
  const folder = await prepare('fastify-plain')
  await press(folder, process.execPath, ['server.js'])
})

test('Hono, in TypeScript', async () => {
  // The starter has no page, so init prints what to paste; here it has been pasted.
  const shown = `<script async src="/ops/core.js" data-ops-site-id="${SITE_ID}" data-ops-proxy-url="/ops/call-event"></script>`
  const source = STARTERS['hono']!['src/index.ts']!.replace(
    "c.text('Hello Hono!')",
    `c.html('<!doctype html><a href="tel:+905000000205">Call</a>${shown}')`,
  ).replace('port: 3000', "port: Number(process.env.PORT), hostname: '127.0.0.1'")
  const folder = await prepare('hono', { 'src/index.ts': source })
  const bundle = [
    'src/index.ts',
    '--bundle',
    '--platform=node',
    '--format=esm',
    '--packages=external',
  ]
  await run(
    join(workspace, 'node_modules/.bin/esbuild'),
    [...bundle, '--outfile=server.mjs'],
    folder,
  )
  await press(folder, process.execPath, ['server.mjs'])
})

test('plain HTML, with the folder of its proxy', async () => {
  const folder = await prepare('html')
  await press(join(folder, 'opsmantik-proxy'), process.execPath, ['server.js'])
  // The server is for the pages: neither the secret nor the folder can be asked for.
  const port = String(await freePort(0))
  const url = `http://127.0.0.1:${port}`
  const own = join(folder, 'opsmantik-proxy')
  const project = await start(process.execPath, ['server.js'], own, { PORT: port }, answers(url))
  try {
    const paths = [
      '/opsmantik-proxy/.env',
      '/opsmantik-proxy/server.js',
      '/..%2f.env',
      '/.gitignore',
    ]
    const statuses = await Promise.all(
      [...paths, '/prices/'].map(async (path) => (await fetch(url + path)).status),
    )
    expect(statuses).toEqual([404, 404, 404, 404, 200])
  } finally {
    await project.stop()
  }
})

test('Next.js, as its starter makes it', async () => {
  const folder = await prepare('next')
  // npm has installed React's types for another example of the workspace only.
  cpSync(join(workspace, 'next/package.json'), join(folder, 'package.json'))
  await run('npx', ['--no-install', 'next', 'build'], folder)
  await press(folder, 'npx', ['--no-install', 'next', 'start', '--hostname', '127.0.0.1'])
})

test('each press is in the database, once', async () => {
  const rows = await server.rows()
  expect(pressed).toHaveLength(5)
  expect(rows.map(({ intent_target }) => intent_target).toSorted()).toEqual(pressed.toSorted())
})
