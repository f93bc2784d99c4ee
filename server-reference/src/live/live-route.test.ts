import { expect, it } from 'vitest'
import { createApp } from '../app.js'
import { ORIGIN } from '../testing/sign.js'
import { createWorld } from '../testing/world.js'

const TOKEN = 'the-live-token'
const get = async (headers: Record<string, string>, path = '/api/live', world = createWorld()) => {
  const response = await createApp(world).request(path, { headers })
  return { status: response.status, code: ((await response.json()) as { code: string }).code }
}

it.each([
  [{}, '', 403, 'ORIGIN_REQUIRED'],
  [{ Origin: 'https://evil.example' }, `?token=${TOKEN}`, 403, 'ORIGIN_NOT_ALLOWED'],
  [{ Origin: 'null' }, `?token=${TOKEN}`, 403, 'ORIGIN_NOT_ALLOWED'],
  [{ Origin: ORIGIN }, '', 401, 'LIVE_TOKEN_REQUIRED'],
  [{ Origin: ORIGIN }, '?token=wrong', 401, 'LIVE_TOKEN_REQUIRED'],
  [{ Origin: ORIGIN }, `?token=${TOKEN}`, 426, 'UPGRADE_REQUIRED'],
  [
    { Origin: ORIGIN, 'Sec-WebSocket-Protocol': `ops.live.v1, token.${TOKEN}` },
    '',
    426,
    'UPGRADE_REQUIRED',
  ],
  [
    { Origin: ORIGIN, 'Sec-WebSocket-Protocol': 'ops.live.v1, token.x' },
    '',
    401,
    'LIVE_TOKEN_REQUIRED',
  ],
])('%j%s is %i %s: origin first, then the token', async (headers, query, status, code) => {
  expect(await get(headers as Record<string, string>, `/api/live${query}`)).toEqual({
    status,
    code,
  })
})

it('the server’s own origin is allowed, by its own name only', async () => {
  const own = (host: string) =>
    get({ Host: host, Origin: `http://${host}` }, `/api/live?token=${TOKEN}`)
  expect((await own('127.0.0.1:8787')).status).toBe(426)
  expect((await own('localhost:8787')).status).toBe(426)
  expect((await own('rebound.example:8787')).status).toBe(403)
  expect((await get({ Host: '127.0.0.1:8787', Origin: 'http://127.0.0.1:1' })).status).toBe(403)
})

it('without a token in the configuration there is no feed', async () => {
  const world = createWorld({ liveToken: null })
  expect((await get({ Origin: ORIGIN }, '/api/live?token=', world)).status).toBe(404)
})

it('no log line has the token', async () => {
  const world = createWorld()
  await get({ Origin: 'https://evil.example' }, `/api/live?token=${TOKEN}`, world)
  await get({ Origin: ORIGIN }, '/api/live?token=almost', world)
  expect(world.logged.join('')).not.toMatch(/the-live-token|almost/)
})
