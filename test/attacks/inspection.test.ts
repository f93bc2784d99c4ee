import { expect, it } from 'vitest'
import { converse } from './support/converse.js'
import { launchForTest } from './support/launch-server.js'

const ask = async (
  url: string,
  start: string,
  headers: Record<string, string>,
): Promise<{ status: number; body: string }> => {
  const lines = Object.entries({ Host: new URL(url).host, 'Content-Length': '0', ...headers })
  const { answers } = await converse(
    url,
    [`${start} HTTP/1.1\r\n${lines.map((pair) => pair.join(': ')).join('\r\n')}\r\n\r\n`],
    { answers: 1 },
  )
  return answers[0]!
}

it("a page, or a name that is not this machine's, steers nothing and reads nothing", async () => {
  const server = launchForTest({ env: { INSPECT: '1' } })
  const url = await server.ready
  expect((await ask(url, 'PUT /inspect/mine', {})).status).toBe(201)
  const foreign: [Record<string, string>, string][] = [
    [{ Host: 'evil.example' }, 'LOOPBACK_ONLY'],
    [{ Host: '127.0.0.1.evil.example' }, 'LOOPBACK_ONLY'],
    [{ Host: 'localhost.evil.example:8787' }, 'LOOPBACK_ONLY'],
    [{ Origin: 'https://evil.example' }, 'NOT_FOR_PAGES'],
    [{ Origin: 'null' }, 'NOT_FOR_PAGES'],
  ]
  for (const [headers, code] of foreign)
    for (const start of [
      'PUT /inspect/other',
      'DELETE /inspect/mine',
      'GET /inspect/mine/events',
      'POST /inspect/mine/faults',
      'PUT /inspect/mine/clock',
    ]) {
      const { status, body } = await ask(url, start, headers)
      expect([start, status, (JSON.parse(body) as { code: string }).code]).toEqual([
        start,
        403,
        code,
      ])
    }
  expect((await ask(url, 'GET /inspect/other/events', {})).status).toBe(404)
  expect((await ask(url, 'GET /inspect/mine/events', {})).status).toBe(200)
})

it.each([
  ['in production', { NODE_ENV: 'production', ALLOWED_ORIGINS: 'https://shop.example' }],
  ['on an address that others reach', { HOST: '0.0.0.0' }],
])('%s it is refused at the start', async (_, env) => {
  const server = launchForTest({ env: { ...env, INSPECT: '1' } })
  expect(await server.finished).toBe(78)
  expect(server.stderr()).toContain('INSPECT: refused')
})

it('without INSPECT=1 it is not there', async () => {
  const server = launchForTest()
  const url = await server.ready
  expect((await ask(url, 'PUT /inspect/mine', {})).status).toBe(404)
})
