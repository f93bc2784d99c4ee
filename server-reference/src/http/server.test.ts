import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createApp } from '../app.js'
import { rawRequest } from '../testing/raw-request.js'
import { createWorld } from '../testing/world.js'
import { createHttpServer } from './server.js'

const TIMEOUT_MS = 200

let server: Server
let url: string

beforeAll(async () => {
  const world = createWorld()
  server = createHttpServer(createApp(world), world.origins, TIMEOUT_MS)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

it.each([
  ['headers', 'POST /api/call-event/v2 HTTP/1.1\r\nHost: x\r\n'],
  ['a body', 'POST /api/call-event/v2 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{'],
])('%s that do not arrive in time are 408 in JSON', async (_, beginning) => {
  const answer = await rawRequest(url, beginning)
  expect(answer).toContain('HTTP/1.1 408 Request Timeout')
  expect(answer).toContain('"REQUEST_TIMEOUT"')
})

it('an Expect that nobody knows is ignored, and 100-continue is answered', async () => {
  const ask = (expectation: string) =>
    rawRequest(url, `GET /nope HTTP/1.1\r\nHost: x\r\nExpect: ${expectation}\r\n\r\n`)
  expect(await ask('something')).toContain('"NOT_FOUND"')
  expect(await ask('100-continue')).toContain('HTTP/1.1 100 Continue')
})

it('200 clients that stop in the middle of a body do not keep others waiting', async () => {
  const beginning = 'POST /api/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{'
  const slow = Array.from({ length: 200 }, () => rawRequest(url, beginning, { ms: 1_500 }))
  const response = await fetch(`${url}/api/health`)
  expect(response.status).toBe(200)
  await Promise.all(slow)
})
