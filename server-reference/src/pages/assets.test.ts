import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { createApp } from '../app.js'
import { addressLimit } from '../steps/client-limit.js'
import { createWorld } from '../testing/world.js'
import { assetRoutes } from './assets.js'

const SCRIPT = 'addEventListener("click", () => 1);'.repeat(20)
const files = new Map([['core.js', new Uint8Array(Buffer.from(SCRIPT))]])
const open = () => {
  const world = createWorld()
  const app = createApp(world, assetRoutes(addressLimit(world.limiter, 0), files))
  return (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    app.request(path, { method, headers })
}

it('serves the script for any page, with a day of caching and an ETag', async () => {
  const get = open()
  const answer = await get('/assets/core.js', { Origin: 'https://unknown.example' })
  expect(answer.status).toBe(200)
  expect(await answer.text()).toBe(SCRIPT)
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'access-control-allow-origin': '*',
    'cross-origin-resource-policy': 'cross-origin',
    'cache-control': 'public, max-age=86400',
    'content-type': 'text/javascript; charset=utf-8',
    'x-content-type-options': 'nosniff',
    vary: 'Accept-Encoding',
  })
  expect(answer.headers.has('content-encoding')).toBe(false)
})

it('answers 304 without a body to a browser that has it, whatever the form of If-None-Match', async () => {
  const get = open()
  const etag = (await get('/assets/core.js')).headers.get('etag')!
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const answer = await get('/assets/core.js', { 'If-None-Match': known })
    expect([answer.status, await answer.text()], known).toEqual([304, ''])
    expect(answer.headers.get('etag')).toBe(etag)
  }
  expect((await get('/assets/core.js', { 'If-None-Match': '"other"' })).status).toBe(200)
})

it('compresses if the browser can read it, each coding with an ETag of its own', async () => {
  const get = open()
  const as = async (accepted: string) => {
    const answer = await get('/assets/core.js', { 'Accept-Encoding': accepted })
    const body = Buffer.from(await answer.arrayBuffer())
    return {
      coding: answer.headers.get('content-encoding'),
      etag: answer.headers.get('etag'),
      body,
    }
  }
  const br = await as('gzip, deflate, br')
  expect([br.coding, brotliDecompressSync(br.body).toString()]).toEqual(['br', SCRIPT])
  const gzip = await as('gzip;q=0.5, br;q=0')
  expect([gzip.coding, gunzipSync(gzip.body).toString()]).toEqual(['gzip', SCRIPT])
  const plain = await as('identity')
  expect([plain.coding, plain.body.toString()]).toEqual([null, SCRIPT])
  expect(new Set([br.etag, gzip.etag, plain.etag]).size).toBe(3)
})

it('the name with its hash is cached forever; another hash, another file and a way out of the folder are 404', async () => {
  const get = open()
  const hash = /"(\w+)"/.exec((await get('/assets/core.js')).headers.get('etag')!)![1]
  const hashed = await get(`/assets/core.${hash}.js`)
  expect([hashed.status, await hashed.text()]).toEqual([200, SCRIPT])
  expect(hashed.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  for (const path of ['core.0123456789abcdef.js', 'other.js', '', '..%2fpackage.json', '__proto__'])
    expect((await get(`/assets/${path}`)).status, path).toBe(404)
  expect((await get('/assets/core.js', {}, 'POST')).status).toBe(405)
})
