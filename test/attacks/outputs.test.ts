import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, it } from 'vitest'
import { event } from '../../server-reference/src/testing/call.js'
import { SITE, signed } from '../../server-reference/src/testing/sign.js'
import { converse } from './support/converse.js'
import { launchForTest } from './support/launch-server.js'

const ORIGIN = 'https://shop.example'
const SEED = { SEED_SITES: `${SITE.publicId}:${SITE.secret}` }
const PRODUCTION = { NODE_ENV: 'production', ALLOWED_ORIGINS: ORIGIN }

const full = (): number => openSync('/dev/full', constants.O_WRONLY)
const refusedPost = (url: string): Promise<Response> =>
  fetch(`${url}/api/call-event/v2`, { method: 'POST', body: '{}' })
const untilLost = async (read: () => Promise<number>): Promise<void> => {
  while ((await read()) === 0) await new Promise((resolve) => setTimeout(resolve, 50))
}

it.each([
  ['development', SEED],
  ['production', PRODUCTION],
])('in %s a full log disk costs log lines and no event', async (mode, env) => {
  const server = launchForTest({ env, stdio: ['ignore', 'pipe', full()] })
  const url = await server.ready
  // More than the log collects before it writes.
  for (let n = 0; n < 60; n++) expect((await refusedPost(url)).status).toBe(401)
  await new Promise((resolve) => setTimeout(resolve, 700))
  expect((await fetch(`${url}/api/health`)).status).toBe(200)
  if (mode === 'development') {
    const metrics = await (await fetch(`${url}/metrics`)).text()
    expect(Number(/^opsmantik_log_lines_lost_total (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThan(50)
    const body = event()
    const response = await fetch(`${url}/api/call-event/v2`, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json', ...signed(body) },
    })
    expect(response.status).toBe(200)
  }
  expect(await server.kill('SIGTERM')).toBe(0)
})

it('a log whose reader has gone costs log lines and no event', async () => {
  const server = launchForTest({ env: PRODUCTION })
  const url = await server.ready
  server.child.stderr!.destroy()
  for (let n = 0; n < 60; n++) expect((await refusedPost(url)).status).toBe(401)
  await new Promise((resolve) => setTimeout(resolve, 700))
  expect((await fetch(`${url}/api/health`)).status).toBe(200)
  expect(await server.kill('SIGTERM')).toBe(0)
})

it('a log whose reader sleeps holds nothing up, not even the end', async () => {
  const path = join(inject('serverFolder'), 'sleeping-log')
  execFileSync('mkfifo', [path])
  const sleeper = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  const server = launchForTest({
    env: PRODUCTION,
    stdio: ['ignore', 'pipe', openSync(path, constants.O_WRONLY)],
  })
  const url = await server.ready
  for (let n = 0; n < 400; n++) await refusedPost(url)
  expect((await fetch(`${url}/api/health`)).status).toBe(200)
  expect(await server.kill('SIGTERM')).toBe(0)
  // It did fill: what is in the pipe are whole lines.
  const bytes = Buffer.alloc(65_536)
  const read = bytes.toString('utf8', 0, readSync(sleeper, bytes))
  expect(read.length).toBeGreaterThan(40_000)
  expect(() => JSON.parse(read.split('\n')[0]!) as unknown).not.toThrow()
  closeSync(sleeper)
})

it('a full stdout at start does not keep the server from serving: the log has its address', async () => {
  const server = launchForTest({ stdio: ['ignore', full(), 'pipe'] })
  await untilLost(async () => Number(/"url":"http/.test(server.stderr())))
  const url = /"url":"(http[^"]+)"/.exec(server.stderr())![1]!
  expect((await fetch(`${url}/api/health`)).status).toBe(200)
  expect(server.stderr()).not.toMatch(/live token/i)
  expect(await server.kill('SIGTERM')).toBe(0)
})

it('a command whose output is lost says so and fails, and one without stderr still has its exit code', async () => {
  const lost = launchForTest({ words: ['--help'], stdio: ['ignore', full(), 'pipe'] })
  expect(await lost.finished).toBe(74)
  expect(lost.stderr()).toContain('stdout cannot be written (ENOSPC)')
  const wrong = launchForTest({ env: { PORT: 'x' }, stdio: ['ignore', full(), full()] })
  expect(await wrong.finished).toBe(78)
})

it.each([
  ['development', {}],
  ['production', PRODUCTION],
])('in %s no header reaches the log or an answer as a control character', async (_, env) => {
  const server = launchForTest({ env })
  const url = await server.ready
  const steering = [
    'https://x\x9b31m',
    'https://x\x9d0;title\x9c',
    'https://x\x85y',
    '\xe2\x80\xaehttps://x',
  ]
  for (const origin of steering)
    for (const path of ['/api/call-event', '/api/sync', '/api/live', `/${origin}`])
      await converse(
        url,
        [
          Buffer.from(
            `POST ${path.replace(/[^!-~]/g, '%9b')} HTTP/1.1\r\nHost: h\r\nOrigin: ${origin}\r\nUser-Agent: ${origin}\r\nX-Request-Id: ${origin}\r\nContent-Length: 0\r\n\r\n`,
            'latin1',
          ),
        ],
        { answers: 1 },
      )
  await server.kill('SIGTERM')
  expect(server.stderr()).toContain('ORIGIN_NOT_ALLOWED')
  expect(server.stderr()).toContain('\\u009b31m')
  expect(server.stderr()).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u)
})
