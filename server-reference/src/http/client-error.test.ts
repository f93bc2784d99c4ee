import type { Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createApp } from '../app.js'
import { rawRequest } from '../testing/raw-request.js'
import { ORIGIN } from '../testing/sign.js'
import { createWorld } from '../testing/world.js'
import { createHttpServer } from './server.js'

const TIMEOUT_MS = 200
const HEAD = `POST /api/sync HTTP/1.1\r\nHost: x\r\nOrigin: ${ORIGIN}\r\nContent-Length: 9\r\n\r\n`

let server: Server
let url: string
/** A world with a stopped clock, so that its whole log is of one second. */
const world = createWorld({ now: () => 1_763_670_000_000 })

beforeAll(async () => {
  server = createHttpServer(createApp(world), world.origins, TIMEOUT_MS)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

/** All that a connection says until the server closes it. */
const untilClosed = (bytes: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    let said = ''
    socket.on('data', (data) => (said += String(data)))
    socket.on('error', () => {})
    socket.on('close', () => resolve(said))
    if (bytes !== '') socket.write(bytes)
  })

it('a body that does not arrive in time is 408 with CORS, because its head could be read', async () => {
  const answer = await rawRequest(url, `${HEAD}{`)
  expect(answer).toContain('HTTP/1.1 408 Request Timeout')
  expect(answer).toContain(`Access-Control-Allow-Origin: ${ORIGIN}`)
  expect(answer).toContain('Vary: Origin')
})

it('a head that does not arrive in time is 408 with Vary', async () => {
  const answer = await rawRequest(url, HEAD.slice(0, 40))
  expect(answer).toContain('HTTP/1.1 408 Request Timeout')
  expect(answer).toContain('Vary: Origin')
})

it('a connection on which nothing was sent is closed without a word', async () => {
  expect(await untilClosed('')).toBe('')
})

it('a request that was refused before its body gets no second answer when the rest does not come', async () => {
  const refused = HEAD.replace(ORIGIN, 'https://evil.example')
  const said = await untilClosed(`${refused}{`)
  expect(said.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 403'])
})

it('a kept connection that is idle for longer than a slow request may take serves the next request', async () => {
  const health = 'GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n'
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  let said = ''
  socket.on('data', (data) => (said += String(data)))
  const answers = (): number => said.match(/HTTP\/1\.1 200/g)?.length ?? 0
  const until = async (count: number): Promise<void> => {
    while (answers() < count && !socket.destroyed)
      await new Promise((resolve) => setTimeout(resolve, 10))
  }
  socket.write(health)
  await until(1)
  await new Promise((resolve) => setTimeout(resolve, 8 * TIMEOUT_MS))
  socket.write(health)
  await until(2)
  socket.destroy()
  expect(answers()).toBe(2)
})

/** Lines of the log about refusals of the socket layer. */
const logged = (code: string): Record<string, unknown>[] =>
  world.logged
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line['endpoint'] === 'socket' && line['code'] === code)

it.each([
  ['REQUEST_TIMEOUT', 408, `${HEAD}{`],
  ['BAD_REQUEST', 400, `NONSENSE secret-of-a-visitor\r\nOrigin: ${ORIGIN}\r\n\r\n`],
  ['BAD_REQUEST', 400, `GET / HTTP/1.1\r\nOrigin: ${ORIGIN}\r\n\r\n`],
  [
    'HEADERS_TOO_LARGE',
    431,
    `GET / HTTP/1.1\r\nHost: x\r\nOrigin: ${ORIGIN}\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
  ],
  ['METHOD_NOT_ALLOWED', 405, `CONNECT x:1 HTTP/1.1\r\nHost: x\r\nOrigin: ${ORIGIN}\r\n\r\n`],
] as const)('%s is counted, and logged without what was received', async (code, status, bytes) => {
  const before = logged(code).length
  const said = await untilClosed(bytes)
  expect(said).toContain(`HTTP/1.1 ${status} `)
  expect(await world.metrics.text()).toContain(
    `opsmantik_requests_total{endpoint="socket",status="${status}",code="${code}"}`,
  )
  const lines = logged(code)
  expect(lines.length).toBe(before + 1)
  const { request_id, ...line } = lines.at(-1)!
  expect(said).toContain(`X-Request-Id: ${String(request_id)}`)
  expect(line).toMatchObject({ endpoint: 'socket', status, code, msg: 'request' })
  expect(JSON.stringify(line)).not.toMatch(/127\.0\.0\.1|secret-of-a-visitor|aaaa/)
})

it('a flood of them is counted in full, and logged up to 20 times a second', async () => {
  await Promise.all(Array.from({ length: 100 }, () => untilClosed('NONSENSE\r\n\r\n')))
  const text = await world.metrics.text()
  const [, count] =
    /requests_total\{endpoint="socket",status="400",code="BAD_REQUEST"\} (\d+)/.exec(text) ?? []
  expect(Number(count)).toBeGreaterThanOrEqual(100)
  expect(world.logged.filter((line) => line.includes('"endpoint":"socket"')).length).toBe(20)
})
