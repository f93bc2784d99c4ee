import { createHash } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { LiveMessage } from '@opsmantik/tracker/contract'
import { afterEach, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createApp } from '../app.js'
import { createHttpServer } from '../http/server.js'
import { call, event } from '../testing/call.js'
import { ORIGIN, OTHER_SITE, SITE, signed } from '../testing/sign.js'
import { createWorld, type TestWorld } from '../testing/world.js'
import { createCatchUp } from './catch-up.js'
import { Readers } from './readers.js'
import { acceptReaders } from './upgrade.js'

const TOKEN = 'ops_token-of-the-first-site'
const closers: (() => void)[] = []
afterEach(() => closers.splice(0).forEach((close) => close()))

const open = async (): Promise<{ world: TestWorld; url: string }> => {
  const world = createWorld()
  world.store.memory.tokens.set(createHash('sha256').update(TOKEN).digest('hex'), SITE.id)
  const server = createHttpServer(createApp(world), world.origins)
  const readers = new Readers(world.feed, {
    catchUp: createCatchUp(world.feed, world.store, false),
    tokenCheckMs: 20,
  })
  acceptReaders(server, world, readers)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    readers.close()
    server.closeAllConnections()
    server.close()
  })
  return { world, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/api/live` }
}
const read = async (url: string, token: string): Promise<LiveMessage[]> => {
  const messages: LiveMessage[] = []
  const socket = new WebSocket(url, ['ops.live.v1', `token.${token}`], {
    headers: { Origin: ORIGIN },
  })
  socket.on('message', (data) => messages.push(JSON.parse(String(data)) as LiveMessage))
  closers.push(() => socket.terminate())
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject))
  return messages
}
const record = async (world: TestWorld): Promise<void> => {
  for (const site of [SITE, OTHER_SITE]) {
    const body = event({ site_id: site.id, intent_target: site.id })
    await call(world, { body, headers: signed(body, { site: site.id, secret: site.secret }) })
  }
  await call(world, { headers: { Origin: 'https://evil.example' } })
}
const shown = (messages: LiveMessage[]): string[] =>
  messages.map((message) => (message.type === 'call' ? message.target! : message.type))

it('a site’s token shows the calls of that site only, and no refusal; LIVE_TOKEN shows everything', async () => {
  const { world, url } = await open()
  const own = await read(url, TOKEN)
  const all = await read(url, world.liveToken!)
  await record(world)
  await expect.poll(() => shown(all)).toEqual([SITE.id, OTHER_SITE.id, 'refused'])
  expect(shown(own)).toEqual([SITE.id])
})

it('what a reader missed is of its site only, too', async () => {
  const { world, url } = await open()
  await record(world)
  await read(url, TOKEN)
  await record(world)
  for (const after of ['?after=1']) {
    const own = await read(url + after, TOKEN)
    const all = await read(url + after, world.liveToken!)
    await expect.poll(() => shown(all).filter((what) => what !== 'refused')).toHaveLength(4)
    await expect.poll(() => shown(own)).toEqual([SITE.id, SITE.id])
  }
})

it('a feed closes with 4401 when its token ends, and not while the database does not respond', async () => {
  const { world, url } = await open()
  const { siteOfToken } = world.store
  const all = await read(url, world.liveToken!)
  const socket = new WebSocket(url, ['ops.live.v1', `token.${TOKEN}`], {
    headers: { Origin: ORIGIN },
  })
  closers.push(() => socket.terminate())
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject))
  const closed = new Promise<[number, string]>((resolve) =>
    socket.on('close', (code, reason) => resolve([code, String(reason)])),
  )
  let looks = 0
  world.store.siteOfToken = () => {
    looks++
    return Promise.reject(new Error('down'))
  }
  await expect.poll(() => looks).toBeGreaterThan(2)
  expect(socket.readyState).toBe(WebSocket.OPEN)

  world.store.siteOfToken = siteOfToken
  world.store.memory.tokens.clear()
  expect(await closed).toEqual([4401, 'the token opens nothing any more'])
  // A reader with LIVE_TOKEN goes on.
  await record(world)
  await expect.poll(() => shown(all)).toHaveLength(3)
})

it('a wrong token is 401 in the handshake, and too many of them are 429', async () => {
  const { url } = await open()
  const status = (token: string): Promise<number> =>
    new Promise((resolve) => {
      const socket = new WebSocket(url, ['ops.live.v1', `token.${token}`], {
        headers: { Origin: ORIGIN },
      })
      socket.on('unexpected-response', (_, response) => {
        resolve(response.statusCode!)
        socket.terminate()
      })
      socket.on('error', () => {})
    })
  expect(await status(`${TOKEN}x`)).toBe(401)
  const statuses = []
  for (let n = 0; n < 40; n++) statuses.push(await status(`wrong${n}`))
  expect(statuses).toContain(429)
  expect(statuses[0]).toBe(401)
})
