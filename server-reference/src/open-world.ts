import type { HealthWarning } from '@opsmantik/tracker/contract'
import type { Logger } from 'pino'
import { seedSites } from './admin/sites.js'
import type { Config } from './config/config.js'
import { OriginPolicy } from './config/origins.js'
import { nodeDigests } from './digest/node-digests.js'
import { degraded } from './limits/degraded.js'
import { createMemoryLimiter } from './limits/memory-limiter.js'
import { createRedisLimiter } from './limits/redis-limiter.js'
import { createCatchUp, type CatchUp } from './live/catch-up.js'
import type { Channel } from './live/channel.js'
import { createFanOut } from './live/fan-out.js'
import { createFeed } from './live/feed.js'
import { createPostgresChannel } from './live/postgres-channel.js'
import { createRedisChannel } from './live/redis-channel.js'
import { createTail } from './live/tail.js'
import { withDetail } from './live/trace.js'
import { createMetrics } from './observe/metrics.js'
import { currentWarnings } from './pages/health.js'
import { createClusterLink } from './redis/cluster-link.js'
import type { RedisLink } from './redis/redis-link.js'
import { createSharedRedis, type SharedRedis } from './redis/shared-redis.js'
import { createTcpLink } from './redis/tcp-link.js'
import { createUpstashLink } from './redis/upstash-link.js'
import { createMemoryReplayCache } from './replay/memory-replay-cache.js'
import { createRedisReplayCache } from './replay/redis-replay-cache.js'
import { createMarks } from './sites/marks.js'
import { createSiteSettings, type SiteSettings } from './sites/site-settings.js'
import type { Database } from './store/database.js'
import { openEmbedded } from './store/embedded.js'
import { openServerDatabase } from './store/server-database.js'
import { createSqlStore } from './store/sql-store.js'
import { startUpkeep } from './store/upkeep/upkeep.js'
import { startSender } from './webhooks/sender.js'
import { createReadOnce } from './setup/node-read-once.js'
import { createSightings } from './setup/sightings.js'
import type { ServerLogger } from './logger.js'
import type { World } from './world.js'

export interface OpenWorld {
  world: World
  /** Tells the other processes that this one has readers of the feed. */
  announce(): Promise<void>
  /** Sends a reader of the feed what it missed. */
  catchUp: CatchUp
  database: Database
  close(): Promise<void>
}

/** Opens all services of the application, as configured. If one fails, it closes those that are open. */
export const openWorld = async (
  config: Config,
  log: Logger,
  open: typeof openDatabase = openDatabase,
): Promise<OpenWorld> => {
  const database = await open(config, log)
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
    const metrics = createMetrics(limiter.mode, () => currentWarnings(world), {
      ...('lostLines' in log && { lostLogLines: (log as ServerLogger).lostLines }),
      ...(redis !== null && { storeOutages: redis.outages }),
      upkeepFailures: () => upkeep.failures(),
    })
    const feed = config.production ? createFeed() : withDetail(createFeed())
    const store = createSqlStore(database, metrics.batch)
    const sender = startSender(database, log, { allowsPrivate: config.webhookAllowPrivate })
    closers.push(sender.close)
    const origins = new OriginPolicy(config.origins, Date.now, config.admitsNamedOrigins)
    const marks = createMarks(config.trustedHops)
    const settings = createSiteSettings(database, origins, marks, log)
    closers.push(async () => settings.close())
    await readSites(settings, origins, open === openDatabase || config.admitsNamedOrigins)
    const upkeep = startUpkeep(database, log, {
      retentionDays: config.retentionDays,
      matchAllWaiting: store.matchAllWaiting,
    })
    closers.push(upkeep.close)
    const world: World = {
      origins,
      limiter,
      replay: redis === null ? own : createRedisReplayCache(redis, own),
      store,
      feed,
      log,
      metrics,
      markOf: marks.markOf,
      retentionDays: config.retentionDays,
      sha256: nodeDigests.sha256,
      now: Date.now,
      signingDisabled: config.signingDisabled,
      trustedHops: config.trustedHops,
      liveToken: config.liveToken,
      metricsToken: config.metricsToken,
      host: config.host,
      console: !config.production,
      // In development the pages are on this machine.
      readOnce: createReadOnce({
        allowsPrivate: config.webhookAllowPrivate || !config.production,
      }),
      warnings: standingWarnings(config),
      passingWarnings: () => upkeepWarnings(upkeep.failing()),
    }
    const sightings = createSightings(world)
    world.sightings = sightings
    sightings.start()
    closers.push(sightings.close)
    for (const { code, message } of [...world.warnings, ...world.origins.warnings()])
      log.warn({ code }, message)

    const channel = openChannel(config, redis, database)
    const catchUp = createCatchUp(feed, world.store, config.databaseUrl === null)
    if (channel === null) return { world, announce: async () => {}, catchUp, database, close }
    const fanOut = await createFanOut(feed, channel, log, { isDetailed: world.console })
    closers.push(fanOut.close)
    world.feedMode = () => (fanOut.isHeard() ? channel.kind : 'polling')
    const tail = createTail(feed, world.store, fanOut.isHeard)
    closers.push(async () => tail.close())
    const announce = async (): Promise<void> => {
      await Promise.all([fanOut.announce(), tail.start()])
    }
    return { world, announce, catchUp, database, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Reads the sites. If the database is opened late, requests that need the sites wait for them instead of the start. */
const readSites = async (
  settings: SiteSettings,
  origins: OriginPolicy,
  isAwaited: boolean,
): Promise<void> => {
  if (isAwaited) await settings.refresh()
  else {
    origins.pending = settings.refresh()
    // A failure is reported to each request that waits for it, and `start` reads the sites again.
    origins.pending.catch(() => {})
  }
  settings.start()
}

export const openDatabase = ({ databaseUrl, dataDir }: Config, log: Logger): Promise<Database> =>
  databaseUrl === null
    ? openEmbedded(dataDir)
    : openServerDatabase(databaseUrl, ({ message }) =>
        log.warn({ reason: message }, 'a connection to Postgres broke'),
      )

const openRedis = async (
  { redis, redisPatienceMs }: Config,
  log: Logger,
): Promise<SharedRedis | null> => {
  if (redis === null) return null
  const shared = createSharedRedis(openLink(redis, redisPatienceMs), log, {
    patienceMs: redisPatienceMs,
  })
  await shared.started()
  return shared
}

const openLink = (redis: NonNullable<Config['redis']>, patienceMs: number): RedisLink => {
  if ('url' in redis) return createTcpLink(redis.url)
  if ('nodes' in redis) return createClusterLink(redis.nodes)
  return createUpstashLink(redis.restUrl, redis.token, patienceMs)
}

/** Opens the channel between processes. The embedded database has only one process and needs none. */
const openChannel = (
  { databaseUrl, databaseDirectUrl }: Config,
  redis: SharedRedis | null,
  database: Database,
): Channel | null => {
  if (redis !== null) return createRedisChannel(redis)
  return databaseUrl === null
    ? null
    : createPostgresChannel(databaseDirectUrl ?? databaseUrl, database)
}

const upkeepWarnings = (failing: readonly string[]): HealthWarning[] =>
  failing.length === 0
    ? []
    : [
        {
          code: 'UPKEEP_FAILING',
          message: `Work on the tables has failed for ten minutes or longer, and is tried again every minute: ${failing.join(', ')}. The log says why`,
        },
      ]

/** Returns the warnings about this configuration, for health and the log. */
const standingWarnings = (config: Config): HealthWarning[] => {
  const warnings: HealthWarning[] = []
  if (config.signingDisabled)
    warnings.push({
      code: 'SIGNING_DISABLED',
      message: 'CALL_EVENT_SIGNING_DISABLED is on: signatures are not verified, only origins are',
    })
  if (config.origins.some(({ origin }) => origin === '*'))
    warnings.push({
      code: 'ORIGIN_WILDCARD',
      message: 'ALLOWED_ORIGINS has *: every origin may send events',
    })
  if (config.databaseUrl === null && config.dataDir === null)
    warnings.push({
      code: 'DATA_NOT_KEPT',
      message: 'DATA_DIR is memory: nothing is kept when the server stops',
    })
  return warnings
}
