import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import { seedSites } from './admin/sites.js'
import { createApp } from './app.js'
import type { Config } from './config/config.js'
import { OriginPolicy } from './config/origins.js'
import { createHttpServer } from './http/server.js'
import { createMemoryLimiter } from './limits/memory-limiter.js'
import { createFeed } from './live/feed.js'
import { Readers } from './live/readers.js'
import { acceptReaders } from './live/upgrade.js'
import { createMemoryReplayCache } from './replay/memory-replay-cache.js'
import { openEmbedded } from './store/embedded.js'
import { createSqlStore } from './store/sql-store.js'
import type { World } from './world.js'

export interface RunningServer {
  url: string
  /** Stops accepting, finishes what is in flight, closes the database. */
  stop(): Promise<void>
}

/** Milliseconds that requests in flight get when the server stops (contract section 15). */
const STOP_TIMEOUT = 10_000

/** Builds the world from the configuration and opens the door. */
export const startServer = async (config: Config, log: Logger): Promise<RunningServer> => {
  const database = await openEmbedded(config.dataDir)
  try {
    const { keptOther } = await seedSites(database, config.seeds)
    for (const site of keptOther)
      log.warn({ site }, 'SEED_SITES: the site exists with another secret, which stays')

    const world: World = {
      origins: new OriginPolicy(config.origins),
      limiter: createMemoryLimiter(config.limits),
      replay: createMemoryReplayCache(),
      store: createSqlStore(database),
      feed: createFeed(),
      log,
      now: Date.now,
      signingDisabled: config.signingDisabled,
      trustedHops: config.trustedHops,
      liveToken: config.liveToken,
      host: config.host,
      console: !config.production,
      warnings: standingWarnings(config),
    }
    for (const warning of [...world.warnings, ...world.origins.warnings()]) log.warn(warning)

    const server = createHttpServer(createApp(world))
    const readers = new Readers(world.feed)
    acceptReaders(server, world, readers)
    await listen(server, config)
    return {
      url: urlOf(config.host, (server.address() as AddressInfo).port),
      stop: async () => {
        readers.close()
        await drain(server)
        await world.store.close()
      },
    }
  } catch (error) {
    await database.close()
    throw error
  }
}

/** What health and the log say about this configuration as long as it stands. */
const standingWarnings = (config: Config): string[] => [
  ...(config.signingDisabled
    ? ['CALL_EVENT_SIGNING_DISABLED is on: signatures are not verified, only origins are']
    : []),
  ...(config.origins.some(({ origin }) => origin === '*')
    ? ['ALLOWED_ORIGINS has *: every origin may send events']
    : []),
  ...(config.dataDir === null ? ['DATA_DIR is memory: nothing is kept when the server stops'] : []),
]

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

/** Kept-alive connections do not count as in flight: they are closed as soon as they are idle. */
const drain = (server: HttpServer): Promise<void> =>
  new Promise((resolve) => {
    const idle = setInterval(() => server.closeIdleConnections(), 25)
    const late = setTimeout(() => server.closeAllConnections(), STOP_TIMEOUT)
    server.close(() => {
      clearInterval(idle)
      clearTimeout(late)
      resolve()
    })
  })
