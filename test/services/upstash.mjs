// Upstash's REST interface before a real Redis: `POST /`, `POST /pipeline`, and `/subscribe/<channel>` as server-sent
// events (https://upstash.com/docs/redis/features/restapi).
import { createServer } from 'node:http'
import { createClient } from 'redis'

/**
 * @param {string} redisUrl
 * @param {string} token
 */
export const startUpstash = async (redisUrl, token) => {
  /** The settings that tests change: how long a response takes, and whether there is one. */
  const behaviour = { latencyMs: 0, hangs: false }
  /** Connections that are open, and the most there were. */
  const sockets = { open: 0, most: 0 }
  const redis = createClient({ url: redisUrl, disableOfflineQueue: true })
  redis.on('error', () => {})
  await redis.connect()
  /** @type {Set<() => void>} */
  const subscribers = new Set()

  const run = async (/** @type {unknown[]} */ command) => {
    try {
      return { result: await redis.sendCommand(command.map(String)) }
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) }
    }
  }
  const server = createServer(async (request, response) => {
    const answer = (/** @type {number} */ status, /** @type {unknown} */ body) => {
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
    }
    if (request.headers.authorization !== `Bearer ${token}`)
      return answer(401, { error: 'Unauthorized' })
    const [, action = '', argument = ''] = (request.url ?? '').split('/')
    if (action === 'subscribe') {
      const channel = decodeURIComponent(argument)
      const subscriber = redis.duplicate()
      subscriber.on('error', () => {})
      await subscriber.connect()
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      await subscriber.subscribe(channel, (message) =>
        response.write(`data: message,${channel},${message}\n\n`),
      )
      response.write(`data: subscribe,${channel},1\n\n`)
      const end = () => {
        subscribers.delete(end)
        subscriber.destroy()
        response.end()
      }
      subscribers.add(end)
      response.once('close', end)
      return
    }
    let body = ''
    for await (const piece of request) body += piece
    const sent = JSON.parse(body)
    if (behaviour.hangs) return
    if (behaviour.latencyMs > 0)
      await new Promise((resolve) => setTimeout(resolve, behaviour.latencyMs))
    if (action === 'pipeline') return answer(200, await Promise.all(sent.map(run)))
    const reply = await run(sent)
    answer('error' in reply ? 400 : 200, reply)
  })
  server.on('connection', (socket) => {
    sockets.most = Math.max(sockets.most, ++sockets.open)
    socket.once('close', () => sockets.open--)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    token,
    behaviour,
    sockets,
    stop: async () => {
      for (const end of subscribers) end()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      redis.destroy()
    },
  }
}
