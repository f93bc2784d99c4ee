import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../../demo/ports.mjs'
import { startServer } from '../../demo/server.mjs'
import { answers, run, start } from '../examples/support/run.js'
import { launchBrowser } from '../support/browser.js'
import { readRows } from '../support/rows.js'
import { npmOfNewcomer } from './support/npm-of-newcomer.js'
import { STARTERS, type Starter } from './support/starters.js'
import { treeOf } from './support/tree.js'

const SITE_ID = '0123456789abcdef0123456789abcdef'
const SECRET = 'a-secret-of-24-characters'
const NPM = npmOfNewcomer()
/** An installation, or a development server's first page, on a machine that does something else too. */
const LIMIT_MS = 240_000
/** Files that development servers write for themselves. */
const OWN = /^(?:\.(?:svelte-kit|next)\/|next-env\.d\.ts$)/

const workspace = mkdtempSync(join(tmpdir(), 'opsmantik-starters-'))
const dataDir = join(workspace, 'data')
/** Where each starter is opened: the console knows these origins. */
const ports: Record<string, string> = {}
const pressed: string[] = []
let browser: Browser
let server: Awaited<ReturnType<typeof startServer>>
let consoleUrl: string

beforeAll(async () => {
  for (const name of Object.keys(STARTERS)) ports[name] = String(await freePort(0))
  const origins = Object.values(ports).map((port) => `http://127.0.0.1:${port}`)
  const port = await freePort(0)
  server = await startServer({ port, siteId: SITE_ID, secret: SECRET, origins, dataDir })
  consoleUrl = new URL(server.url).origin
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
  await rm(workspace, { recursive: true, force: true })
})

const write = (folder: string, files: Readonly<Record<string, string>>): void => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

/** Creates the fresh starter in an empty folder, with a phone number on its page. */
const create = async (name: string, { create: words, files, page }: Starter): Promise<string> => {
  const parent = join(workspace, name)
  const folder = join(parent, 'shop')
  mkdirSync(parent)
  if (words) await run('npx', words.join(' ').split(' '), parent, NPM, LIMIT_MS)
  write(folder, { ...files, ...page })
  return folder
}

/** Opens the page, presses the number, and returns the event's id once the site's own proxy says that it is recorded. */
const press = async (url: string): Promise<string> => {
  const page = await browser.newPage()
  try {
    // A development server compiles what the page and its proxy need when they are first asked for.
    page.setDefaultTimeout(LIMIT_MS)
    await page.goto(url, { waitUntil: 'networkidle' })
    const answered = page.waitForResponse((response) => response.url().endsWith('/ops/call-event'))
    await page.locator('a[href^="tel:"]').click()
    const response = await answered
    expect(await response.json()).toMatchObject({ status: 'unmatched' })
    return response.request().postDataJSON().event_id
  } finally {
    await page.close()
  }
}

test.each(Object.entries(STARTERS))(
  '%s: a fresh starter records its first press after `npx opsmantik init`, and --undo restores it byte for byte',
  async (name, starter) => {
    const folder = await create(name, starter)
    const before = treeOf(folder)
    const port = ports[name]!
    const origin = `http://127.0.0.1:${port}`
    const site = ['--site-id', SITE_ID, '--console-url', consoleUrl, '--origin', origin]
    const env = { ...NPM, OPS_SECRET: SECRET }
    await run('npx', ['opsmantik', 'init', ...site, '--yes'], folder, env, LIMIT_MS)

    const words = [...starter.start, ...(starter.options?.(port) ?? [])]
    const url = `${origin}${starter.path ?? '/'}`
    const project = await start(
      'npm',
      words,
      folder,
      { ...NPM, PORT: port },
      answers(url),
      LIMIT_MS,
    )
    try {
      pressed.push(await press(url))
    } finally {
      await project.stop()
    }

    await run('npx', ['opsmantik', 'init', '--undo'], folder, NPM)
    const after = treeOf(folder)
    for (const [path, bytes] of Object.entries(before))
      if (!OWN.test(path)) expect(after[path], path).toBe(bytes)
    const added = Object.keys(after).filter((path) => !(path in before))
    const ours = added.filter((path) => /ops|\.env|\.dev\.vars/.test(path) && !OWN.test(path))
    expect(ours).toEqual([])
  },
)

test('each press is in the database, once', async () => {
  await server.stop()
  const rows = await readRows(join(dataDir, 'postgres'))
  expect(pressed).toHaveLength(Object.keys(STARTERS).length)
  expect(rows.map((row) => row.event_id).toSorted()).toEqual(pressed.toSorted())
})
