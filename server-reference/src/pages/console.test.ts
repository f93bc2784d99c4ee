import { expect, it } from 'vitest'
import { createApp } from '../app.js'
import { createWorld } from '../testing/world.js'
import { consoleRoutes } from './console.js'

const get = (path: string, host = '127.0.0.1:8787', console = true) => {
  const world = createWorld({ console })
  const app = createApp(world, consoleRoutes(world))
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
  const script = await get('/console/inspector/inspector.js')
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

it('in production the page asks for a token, whatever its name, and there is no Inspector', async () => {
  const response = await get('/', 'calls.example', false)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-security-policy')).toContain(
    "connect-src 'self' ws://calls.example wss://calls.example;",
  )
  const page = await response.text()
  expect(page).not.toMatch(/the-live-token|__LIVE_TOKEN__|inspector-view/)
  const own = await (await get('/', '127.0.0.1:8787', false)).text()
  expect(own).not.toContain('the-live-token')
  const files = [...page.matchAll(/\/console\/[\w./-]+/g)].map(([path]) => path)
  expect(files).toContain('/console/main.js')
  for (const path of files) expect((await get(path, 'calls.example', false)).status).toBe(200)
  for (const path of [
    '/calls',
    '/console/inspector/inspector.js',
    '/console/inspector/list.css',
    '/console/index.html',
    '/console/inspector.html',
  ])
    expect((await get(path, 'calls.example', false)).status, path).toBe(404)
})

it('a Host that is none does not get into the policy', async () => {
  const response = await get('/', "x.example; script-src 'unsafe-inline'", false)
  expect(response.headers.get('content-security-policy')).not.toContain('x.example')
})

it('in development one page has Calls, Setup and the Inspector, each with its files', async () => {
  const page = await (await get('/')).text()
  for (const view of ['calls', 'setup', 'inspector'])
    expect(page.split(`id="${view}-view"`), view).toHaveLength(2)
  for (const [path] of page.matchAll(/\/console\/[\w./-]+/g))
    expect((await get(path)).status, path).toBe(200)
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
  expect(new Set(ids).size).toBe(ids.length)
})
