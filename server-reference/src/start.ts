import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import { seedSites } from './admin/sites.js'
import { createApp } from './app.js'
import type { Config } from './config/config.js'
import { OriginPolicy } from './config/origins.js'
import { createHttpServer } from './http/server.js'
import { degraded } from './limits/degraded.js'
import { createMemoryLimiter } from './limits/memory-limiter.js'
import { createRedisLimiter } from './limits/redis-limiter.js'
import type { Channel } from './live/channel.js'
import { createFanOut } from './live/fan-out.js'
import { createFeed } from './live/feed.js'
import { createPostgresChannel } from './live/postgres-channel.js'
import { Readers } from './live/readers.js'
import { createRedisChannel } from './live/redis-channel.js'
import { acceptReaders } from './live/upgrade.js'
import { createMetrics } from './observe/metrics.js'
import { createSharedRedis, type SharedRedis } from './redis/shared-redis.js'
import { createTcpLink } from './redis/tcp-link.js'
import { createUpstashLink } from './redis/upstash-link.js'
import { createMemoryReplayCache } from './replay/memory-replay-cache.js'
import { createRedisReplayCache } from './replay/redis-replay-cache.js'
import type { Database } from './store/database.js'
import { openEmbedded } from './store/embedded.js'
import { openServerDatabase } from './store/server-database.js'
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
  const database = await openDatabase(config, log)
  const closers: (() => Promise<void>)[] = [() => database.close()]
  const close = async (): Promise<void> => {
    for (const closer of closers.toReversed()) await closer()
  }
  try {
    const { keptOther } = await seedSites(database, config.seeds)
    for (const site of keptOther)
      log.warn({ site }, 'SEED_SITES: the site exists with another secret, which stays')

    const redis = await openRedis(config, log)
    if (redis !== null) closers.push(() => redis.close())
    const limiter =
      redis === null
        ? createMemoryLimiter(config.limits)
        : createRedisLimiter(redis, config.limits, createMemoryLimiter(degraded(config.limits)))
    const own = createMemoryReplayCache()
    const metrics = createMetrics(limiter.mode)
    const feed = createFeed()
    const world: World = {
      origins: new OriginPolicy(config.origins),
      limiter,
      replay: redis === null ? own : createRedisReplayCache(redis, own),
      store: createSqlStore(database, metrics.batch),
      feed,
      log,
      metrics,
      now: Date.now,
      signingDisabled: config.signingDisabled,
      trustedHops: config.trustedHops,
      liveToken: config.liveToken,
      metricsToken: config.metricsToken,
      host: config.host,
      console: !config.production,
      warnings: standingWarnings(config),
    }
    for (const warning of [...world.warnings, ...world.origins.warnings()]) log.warn(warning)

    const channel = openChannel(config, redis, database)
    const fanOut = channel === null ? null : await createFanOut(feed, channel, log)
    if (fanOut !== null) closers.push(fanOut.close)
    const server = createHttpServer(createApp(world))
    const readers = new Readers(feed, fanOut === null ? {} : { announce: fanOut.announce })
    acceptReaders(server, world, readers)
    await listen(server, config)
    return {
      url: urlOf(config.host, (server.address() as AddressInfo).port),
      stop: async () => {
        readers.close()
        await drain(server)
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

const openDatabase = ({ databaseUrl, dataDir }: Config, log: Logger): Promise<Database> =>
  databaseUrl === null
    ? openEmbedded(dataDir)
    : openServerDatabase(databaseUrl, ({ message }) =>
        log.warn({ reason: message }, 'a connection to Postgres broke'),
      )

const openRedis = async ({ redis }: Config, log: Logger): Promise<SharedRedis | null> => {
  if (redis === null) return null
  const link =
    'url' in redis ? createTcpLink(redis.url) : createUpstashLink(redis.restUrl, redis.token)
  const shared = createSharedRedis(link, log)
  await shared.started()
  return shared
}

/** How processes tell each other what happened. The embedded database has only one process. */
const openChannel = (
  { databaseUrl }: Config,
  redis: SharedRedis | null,
  database: Database,
): Channel | null => {
  if (redis !== null) return createRedisChannel(redis)
  return databaseUrl === null ? null : createPostgresChannel(databaseUrl, database)
}

/** What health and the log say about this configuration as long as it stands. */
const standingWarnings = (config: Config): string[] => [
  ...(config.signingDisabled
    ? ['CALL_EVENT_SIGNING_DISABLED is on: signatures are not verified, only origins are']
    : []),
  ...(config.origins.some(({ origin }) => origin === '*')
    ? ['ALLOWED_ORIGINS has *: every origin may send events']
    : []),
  ...(config.databaseUrl === null && config.dataDir === null
    ? ['DATA_DIR is memory: nothing is kept when the server stops']
    : []),
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
