import { statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { event } from './testing/call.js'
import { buildServer, type BuiltServer } from './testing/server-process.js'
import { ORIGIN, signed } from './testing/sign.js'

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

it('production has no inspector and no live feed without its token, logs JSON to stderr, and prints only the line with its URL', async () => {
  const production = await built.start({
    NODE_ENV: 'production',
    ALLOWED_ORIGINS: 'https://shop.example',
  })
  expect(production.stdout()).toBe(`OpsMantik reference server ready: ${production.url}\n`)
  const page = await fetch(production.url)
  expect(page.status).toBe(200)
  expect(await page.text()).toContain('<meta name="ops-live-token" content="" />')
  expect((await fetch(`${production.url}/console/inspector/inspector.js`)).status).toBe(404)
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
  expect((await built.run(['site', 'list'], { DATA_DIR })).stdout).toContain(site)
  running.kill('SIGTERM')
  await running.finished
  expect((await built.run(['secret', 'promote', site], { DATA_DIR })).code).toBe(0)
  expect((await built.run(['secret', 'promote', site], { DATA_DIR })).code).toBe(64)
  expect((await built.run(['nonsense'])).code).toBe(64)
}, 90_000)

it('a customer is added while the server runs: site, origin, token; each holds within seconds, and after it is revoked no more', async () => {
  const DATA_DIR = join(built.folder, 'served')
  const server = await built.start({
    DATA_DIR,
    NODE_ENV: 'production',
    ALLOWED_ORIGINS: 'sites',
  })
  const socket = statSync(join(DATA_DIR, 'admin.sock'))
  expect(socket.isSocket()).toBe(true)
  expect(socket.mode & 0o777).toBe(0o600)
  const run = async (...words: string[]): Promise<string> => {
    const { code, stdout, stderr } = await built.run(words, { DATA_DIR })
    expect([code, stderr]).toEqual([0, ''])
    return stdout
  }
  const added = await run('site', 'add', '--name', 'Shop')
  const site = /public id +(\S+)/.exec(added)![1]!
  const secret = /secret +(\S+)/.exec(added)![1]!
  const send = async (): Promise<number> => {
    const body = event({ site_id: site, intent_target: '+905321234567' })
    const headers = { ...signed(body, { site, secret }), Origin: ORIGIN }
    return (await post(server.url, body, headers)).status
  }
  expect(await send()).toBe(403)
  await run('site', 'origin', 'add', site, ORIGIN)
  await expect.poll(send, { timeout: 15_000, interval: 300 }).toBe(200)

  const printed = await run('site', 'token', 'add', site)
  const token = /token +(\S+)/.exec(printed)![1]!
  const id = /id +(\S+)/.exec(printed)![1]!
  expect(printed).toContain(`${server.url}/#token=${token}`)
  const read = () =>
    fetch(`${server.url}/api/calls`, { headers: { Authorization: `Bearer ${token}` } })
  const { calls } = (await (await read()).json()) as { calls: { target: string }[] }
  expect(calls.map(({ target }) => target)).toEqual(['+905321234567'])
  await run('site', 'token', 'revoke', site, id)
  expect((await read()).status).toBe(401)
  const wrong = await built.run(['site', 'token', 'add', 'f'.repeat(32)], { DATA_DIR })
  expect([wrong.code, wrong.stderr]).toEqual([64, `There is no site ${'f'.repeat(32)}\n`])
  server.kill('SIGTERM')
  const { code, stderr } = await server.finished
  expect(code).toBe(0)
  expect(stderr).not.toContain(token)
}, 90_000)

it('a server that is killed between commit and delivery delivers after it has started again', async () => {
  const received: string[] = []
  const receiver = createServer((request, response) => {
    let body = ''
    request
      .on('data', (chunk) => (body += String(chunk)))
      .on('end', () => {
        received.push(body)
        response.writeHead(204).end()
      })
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`
  const env = {
    DATA_DIR: join(built.folder, 'killed'),
    ALLOWED_ORIGINS: ORIGIN,
    WEBHOOK_ALLOW_PRIVATE: '1',
  }
  const first = await built.start(env)
  const added = await built.run(['site', 'add'], env)
  const site = /public id +(\S+)/.exec(added.stdout)![1]!
  const secret = /secret +(\S+)/.exec(added.stdout)![1]!
  // The webhook is new to the sender, which looks every five seconds while there are none: it is killed before.
  expect((await built.run(['site', 'webhook', 'add', site, hook], env)).code).toBe(0)
  const body = event({ site_id: site })
  const recorded = await post(first.url, body, signed(body, { site, secret }))
  const { call_id } = (await recorded.json()) as { call_id: string }
  first.kill('SIGKILL')
  await first.finished

  const second = await built.start(env)
  await expect.poll(() => received.length, { timeout: 20_000 }).toBeGreaterThan(0)
  const ids = received.map(
    (text) => (JSON.parse(text) as { data: { call_id: string } }).data.call_id,
  )
  expect(new Set(ids)).toEqual(new Set([call_id]))
  second.kill('SIGTERM')
  await second.finished
  receiver.close()
}, 90_000)
