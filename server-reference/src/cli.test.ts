import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { event } from './testing/call.js'
import { buildServer, type BuiltServer } from './testing/server-process.js'
import { signed } from './testing/sign.js'

let built: BuiltServer

beforeAll(async () => {
  built = await buildServer()
}, 60_000)
afterAll(() => built.remove())

const post = (url: string, body: string, headers: Record<string, string> = signed(body)) =>
  fetch(`${url}/api/call-event/v2`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json', ...headers },
  })

it('a configuration that is not usable exits with 78 and names every problem', async () => {
  const { code, stdout, stderr } = await built.run([], {
    PORT: 'x',
    ALLOWED_ORIGINS: 'shop.example',
  })
  expect(code).toBe(78)
  expect(stdout).toBe('')
  expect(stderr).toContain('PORT: "x"')
  expect(stderr).toContain('did you mean "https://shop.example"?')
})

it('production without ALLOWED_ORIGINS exits with 78', async () => {
  const { code, stderr } = await built.run([], { NODE_ENV: 'production' })
  expect(code).toBe(78)
  expect(stderr).toContain('ALLOWED_ORIGINS: missing in production')
})

it('production has no console, logs JSON to stderr, and prints only the line with its URL', async () => {
  const production = await built.start({
    NODE_ENV: 'production',
    ALLOWED_ORIGINS: 'https://shop.example',
  })
  expect(production.stdout()).toBe(`OpsMantik reference server ready: ${production.url}\n`)
  expect((await fetch(production.url)).status).toBe(404)
  expect((await fetch(`${production.url}/api/live`)).status).toBe(404)
  await post(production.url, event())
  production.kill('SIGTERM')
  const { stderr } = await production.finished
  const lines = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(lines.map((line) => line.code)).toContain('SIGNATURE_INVALID')
  expect(stderr).not.toMatch(/127\.0\.0\.1|visitor/)
}, 30_000)

it('sites and secrets are managed from the command line; a secret is printed once', async () => {
  const DATA_DIR = join(built.folder, 'managed')
  const added = await built.run(['site', 'add', '--name', 'Shop'], { DATA_DIR })
  const site = /public id +([\da-f]{32})/.exec(added.stdout)![1]!
  const secret = /secret +(\S{40,})/.exec(added.stdout)![1]!
  const listed = await built.run(['site', 'list'], { DATA_DIR })
  expect(listed.stdout).toContain(site)
  expect(listed.stdout).not.toContain(secret)
  const next = /next secret +(\S+)/.exec(
    (await built.run(['secret', 'rotate', site], { DATA_DIR })).stdout,
  )![1]!

  const running = await built.start({ DATA_DIR })
  for (const key of [secret, next]) {
    const body = event({ site_id: site })
    expect((await post(running.url, body, signed(body, { site, secret: key }))).status).toBe(200)
  }
  expect((await built.run(['site', 'list'], { DATA_DIR })).code).toBe(1)
  running.kill('SIGTERM')
  await running.finished
  expect((await built.run(['secret', 'promote', site], { DATA_DIR })).code).toBe(0)
  expect((await built.run(['secret', 'promote', site], { DATA_DIR })).code).toBe(64)
  expect((await built.run(['nonsense'])).code).toBe(64)
}, 90_000)
