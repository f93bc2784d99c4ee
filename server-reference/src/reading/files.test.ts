import { createHash } from 'node:crypto'
import { createServer, get, type ClientRequest, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { createApp } from '../app.js'
import { createNodeListener } from '../http/node-listener.js'
import { createHttpServer } from '../http/server.js'
import type { CallQuery } from '../store/reading.js'
import { call, event } from '../testing/call.js'
import { OTHER_SITE, SITE } from '../testing/sign.js'
import { createWorld, type TestWorld } from '../testing/world.js'

const TOKEN = 'ops_a-token-of-the-first-site'
const OTHER_TOKEN = 'ops_a-token-of-the-other-site'

const EVERYTHING: CallQuery = {
  siteId: null,
  from: null,
  to: null,
  action: null,
  isMatched: null,
  search: null,
  hasGoogleClick: false,
  withMarked: false,
  after: null,
  limit: 1,
}

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** A world whose file never ends. */
const openEndless = async (): Promise<{ world: TestWorld; pages: () => number }> => {
  const world = createWorld()
  const digest = (token: string): string => createHash('sha256').update(token).digest('hex')
  world.store.memory.tokens.set(digest(TOKEN), SITE.id)
  world.store.memory.tokens.set(digest(OTHER_TOKEN), OTHER_SITE.id)
  await call(world, { body: event({ intent_page_url: `https://s.example/${'x'.repeat(2000)}` }) })
  const one = (await world.store.readCalls(EVERYTHING)).calls[0]!
  let pages = 0
  world.store.readCalls = async ({ limit }) => {
    pages++
    return {
      calls: Array<typeof one>(limit).fill(one),
      next: { occurredUs: 1, callId: one.callId },
    }
  }
  return { world, pages: () => pages }
}
const download = async (
  server: Server,
  token: string,
): Promise<{ status: number; request: ClientRequest; retryAfter: string | undefined }> => {
  const { port } = server.address() as AddressInfo
  const request = get(`http://127.0.0.1:${port}/api/calls?format=csv`, {
    headers: { Authorization: `Bearer ${token}` },
  })
  request.on('error', () => {})
  const response = await new Promise<IncomingMessage>((resolve) => request.on('response', resolve))
  response.on('error', () => {})
  return { status: response.statusCode!, request, retryAfter: response.headers['retry-after'] }
}

const listen = async (server: Server): Promise<Server> => {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

/** Resolves with the number of pages once no more are read. */
const settled = async (pages: () => number): Promise<number> => {
  let last = -1
  while (last !== pages()) {
    last = pages()
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  return last
}

it('three files of one site at a time are enough, and keep no other site from its own', async () => {
  const { world } = await openEndless()
  const server = await listen(createHttpServer(createApp(world), world.origins))
  const [first] = await Promise.all([1, 2, 3].map(() => download(server, TOKEN)))
  const refused = await download(server, TOKEN)
  expect([refused.status, refused.retryAfter]).toEqual([429, '10'])
  expect((await download(server, OTHER_TOKEN)).status).toBe(200)
  first!.request.destroy()
  await expect.poll(async () => (await download(server, TOKEN)).status).toBe(200)
})

it('a reader that takes nothing of its file any more is cut off', async () => {
  const { world, pages } = await openEndless()
  const server = await listen(createServer(createNodeListener(createApp(world), world.origins, 50)))
  const cut = new Promise((resolve) =>
    server.on('connection', (socket) => socket.on('close', resolve)),
  )
  await download(server, TOKEN)
  await cut
  // The file never ends: had it gone on, so would this.
  expect(await settled(pages)).toBeLessThan(40)
})

it('a file is read from the database only as fast as its reader takes it, and no further when it goes away', async () => {
  const { world, pages } = await openEndless()
  const server = await listen(createHttpServer(createApp(world), world.origins))
  const { request } = await download(server, TOKEN)
  // The content of the sockets' buffers, and not the endless file: a page of it is a megabyte.
  const held = await settled(pages)
  expect(held).toBeLessThan(40)
  request.destroy()
  await settled(pages)
  expect(pages()).toBeLessThan(held + 3)
})
