import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import { createApp } from './app.js'
import { openAdminSocket } from './commands/admin-socket.js'
import type { Config } from './config/config.js'
import { createHttpServer } from './http/server.js'
import { withInspection } from './inspect/with-inspection.js'
import { Readers } from './live/readers.js'
import { acceptReaders } from './live/upgrade.js'
import { openWorld } from './open-world.js'
import { ownRoutes } from './pages/own-routes.js'

export interface RunningServer {
  url: string
  /** Stops accepting, finishes what is in flight, closes the database. */
  stop(): Promise<void>
}

/** Milliseconds that requests in flight get when the server stops: of the contract's ten seconds, some are the database's. */
const DRAIN_MS = 8_000

/** Builds the world from the configuration and opens the door. */
export const startServer = async (config: Config, log: Logger): Promise<RunningServer> => {
  const { world, announce, catchUp, database, close } = await openWorld(config, log)
  const app = createApp(world, ownRoutes(world))
  const server = createHttpServer(config.inspect ? withInspection(app, log) : app, world.origins)
  const readers = new Readers(world.feed, {
    announce,
    catchUp,
    trustedHops: world.trustedHops,
  })
  acceptReaders(server, world, readers)
  try {
    await listen(server, config)
  } catch (error) {
    await close()
    throw error
  }
  const url = urlOf(config.host, (server.address() as AddressInfo).port)
  const closeSocket = await openAdminSocket(config, url, database, log)
  return {
    url,
    stop: async () => {
      readers.close()
      await closeSocket()
      await drain(server)
      await close()
    },
  }
}

type HttpServer = ReturnType<typeof createHttpServer>

const listen = (server: HttpServer, { port, host }: Config): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })

const urlOf = (host: string, port: number): string => {
  const isAnyAddress = /^[0.:]+$/.test(host) && host !== '::1'
  const name = isAnyAddress ? '127.0.0.1' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}

/** Waits for the requests in flight. Kept-alive connections do not count: they are closed as soon as they are idle. */
const drain = (server: HttpServer): Promise<void> =>
  new Promise((resolve) => {
    const idle = setInterval(() => server.closeIdleConnections(), 25)
    const late = setTimeout(() => server.closeAllConnections(), DRAIN_MS)
    server.close(() => {
      clearInterval(idle)
      clearTimeout(late)
      resolve()
    })
  })
