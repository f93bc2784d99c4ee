import { expect, it } from 'vitest'
import { createApp } from '../app.js'
import { createWorld } from '../testing/world.js'
import { consoleRoutes } from './console.js'

const get = (path: string, host = '127.0.0.1:8787', console = true) => {
  const world = createWorld({ console })
  const app = createApp(world, console ? consoleRoutes(world) : [])
  return app.request(path, { headers: { Host: host } })
}

it('the console gets the token from a loopback name, under a strict policy, and is not stored', async () => {
  const response = await get('/')
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(response.headers.get('cache-control')).toBe('no-store')
  const policy = response.headers.get('content-security-policy')
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
  expect(policy).toContain('ws://127.0.0.1:8787')
  const page = await response.text()
  expect(page).toContain('the-live-token')
  expect(page).not.toContain('__LIVE_TOKEN__')
})

it('a page that reaches the server under another name gets no token', async () => {
  const page = await (await get('/', 'rebound.example:8787')).text()
  expect(page).not.toMatch(/the-live-token|__LIVE_TOKEN__/)
})

it('its files are served, and nothing beside them', async () => {
  const script = await get('/console/console.js')
  expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  for (const path of [
    '/console/..%2fpackage.json',
    '/console/nope.js',
    '/console/.env',
    '/console/',
    '/package.json',
  ])
    expect((await get(path)).status).toBe(404)
})

it('in production there is none', async () => {
  for (const path of ['/', '/console/console.js'])
    expect((await get(path, '127.0.0.1', false)).status).toBe(404)
})
