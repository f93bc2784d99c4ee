import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { main } from '../../cli/src/main.js'
import { createNodeProxy } from '../../src/proxy/node.js'
import { startPlain } from './support/gateway.js'
import { SECRET, SITE, startInMemory, type TestServer } from './support/server.js'

let folder: string
const started: TestServer[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'opsmantik-init-'))
  writeFileSync(join(folder, 'index.html'), '<!doctype html><head></head><a href="tel:1">Call</a>')
})
afterEach(async () => {
  for (const one of started.splice(0).toReversed()) await one.stop()
  rmSync(folder, { recursive: true, force: true })
  delete process.env['OPS_TEST_SECRET']
})
const keep = (server: TestServer): string => {
  started.push(server)
  return server.url
}

/** Runs the command as a developer does, and returns its exit code and what it printed. */
const init = async (
  consoleUrl: string,
  origin: string,
  secret = SECRET,
): Promise<{ code: number; said: string }> => {
  process.env['OPS_TEST_SECRET'] = secret
  const { write } = process.stdout
  let said = ''
  process.stdout.write = (text) => {
    said += String(text)
    return true
  }
  try {
    const site = ['--site-id', SITE, '--secret-env', 'OPS_TEST_SECRET']
    const words = ['--console-url', consoleUrl, '--origin', origin, '--yes', '--no-install']
    return { code: await main(['init', '--dir', folder, ...site, ...words]), said }
  } finally {
    process.stdout.write = write
  }
}

const NOBODY = 'http://127.0.0.1:9'

it('init ends with a healthy diagnosis and exit code 0 if the pages and their proxy already run', async () => {
  let proxy: ReturnType<typeof createNodeProxy> | undefined
  const page = await startPlain((request, response) => {
    if (request.url === '/ops/call-event') proxy?.(request, response)
    else response.end('<!doctype html>')
  })
  const origin = keep(page)
  const consoleUrl = keep(await startInMemory({ ALLOWED_ORIGINS: origin }))
  proxy = createNodeProxy({ siteId: SITE, secret: SECRET, consoleUrl })
  const { code, said } = await init(consoleUrl, origin)
  expect({ code, said }).toMatchObject({ code: 0 })
  expect(said).toContain('All is well')
  expect(said).not.toContain('ask the doctor again')
})

it('init examines the console at once while the pages do not run yet, and says how to ask again', async () => {
  const consoleUrl = keep(await startInMemory({ ALLOWED_ORIGINS: NOBODY }))
  const { code, said } = await init(consoleUrl, NOBODY)
  expect({ code, said }).toMatchObject({ code: 0 })
  expect(said).toContain(`npx opsmantik doctor ${consoleUrl} --origin ${NOBODY} --proxy-url`)
})

it('init names an origin that the console does not know and the line to change, with exit code 1', async () => {
  const consoleUrl = keep(await startInMemory({ ALLOWED_ORIGINS: 'https://other.example' }))
  const { code, said } = await init(consoleUrl, NOBODY)
  expect(code).toBe(1)
  expect(said).toContain('origin-not-listed')
  expect(said).toMatch(/ALLOWED_ORIGINS=.*http:\/\/127\.0\.0\.1:9/)
})

it('init names a secret that is not the site’s, with exit code 1, and does not show it', async () => {
  const consoleUrl = keep(await startInMemory({ ALLOWED_ORIGINS: NOBODY }))
  const wrong = 'this-is-another-secret'
  const { code, said } = await init(consoleUrl, NOBODY, wrong)
  expect(code).toBe(1)
  expect(said).toContain('secret')
  expect(said).not.toContain(wrong)
})

it('init names a proxy path that the site answers with its own 404, with exit code 1', async () => {
  const page = await startPlain((request, response) => {
    response.writeHead(request.url === '/' ? 200 : 404, { 'content-type': 'text/html' })
    response.end('<!doctype html>')
  })
  const origin = keep(page)
  const consoleUrl = keep(await startInMemory({ ALLOWED_ORIGINS: origin }))
  const { code, said } = await init(consoleUrl, origin)
  expect(code).toBe(1)
  expect(said).toContain('/ops/call-event')
  expect(said).toMatch(/proxy-/)
})

it('init names a console that nobody answers at, with exit code 1, and what it wrote stays', async () => {
  const { code, said } = await init(NOBODY, NOBODY)
  expect(code).toBe(1)
  expect(said).toContain('connect-refused')
  expect(said).toContain('opsmantik init --undo takes it back')
})
