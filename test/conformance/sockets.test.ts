import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../server-reference/src/index.js'
import { createHttpServer } from '../../server-reference/src/http/server.js'
import { createWorld } from '../../server-reference/src/testing/world.js'
import { converse } from '../../cli/src/probe/node/converse.js'
import type { Converse, Result, ServerOptions } from '../../cli/src/conformance/index.js'
import { curl } from '../../cli/src/probe/curl.js'
import { openServer, runChecks, serverChecks } from '../../cli/src/conformance/index.js'
import { sockets } from '../../cli/src/conformance/server/sockets.js'
import { BROKEN_SOCKETS } from './broken-sockets.js'
import { ids, knows } from './reference.js'

/** The contract's 15 s, so that the tests need not wait. */
const TIMEOUT_MS = 300

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

const run = async (told: Partial<ServerOptions>): Promise<Result[]> =>
  runChecks(serverChecks, await openServer({ ...knows, url, slow: true, ...told }), {
    only: sockets.map(({ id }) => id),
  })

test('the reference server’s socket layer conforms', async () => {
  const results = await run({ converse })
  expect(results.filter(({ verdict }) => verdict !== 'passed')).toEqual([])
  expect(results).toHaveLength(5)
})

test.each(BROKEN_SOCKETS.map((one) => [one.name, one] as const))(
  '%s is found, by one check only',
  async (_, { found, answer }) => {
    const broken: Converse = async (to, bytes, ms) => answer(await converse(to, bytes, ms), bytes)
    expect(ids(await run({ converse: broken }), 'failed')).toEqual([found])
  },
)

test('without a socket, or without --slow, the checks say what they need', async () => {
  const bare = await run({})
  expect(ids(bare, 'unseen')).toHaveLength(5)
  expect(bare[0]!.reason).toBe('needs a socket of Node.js: a browser and `fetch` have none')
  const quick = (await run({ converse, slow: false })).filter(({ verdict }) => verdict !== 'passed')
  expect(quick).toMatchObject([
    { id: 'socket.timeout', verdict: 'unseen', reason: 'takes 16 s: needs --slow' },
  ])
})

test('a failure shows the bytes as a line for a shell', async () => {
  const silent: Converse = async () => ''
  const [first] = (await run({ converse: silent })).filter(({ verdict }) => verdict === 'failed')
  expect(first!.reason).toContain('no response came within')
  const line = curl(first!.exchanges!.at(-1)!.request)
  expect(line).toContain('Content-Length: many\\015\\012')
  expect(line).toContain(`| nc 127.0.0.1 ${new URL(url).port}`)
})

test('a server that is not there is no failure of its socket layer', async () => {
  await expect(converse('http://127.0.0.1:1', 'GET / HTTP/1.1\r\n\r\n', 1_000)).rejects.toThrow(
    'ECONNREFUSED',
  )
})
