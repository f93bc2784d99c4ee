import { RATE_LIMITS } from '@opsmantik/tracker/contract'
import { pino } from 'pino'
import { OriginPolicy } from '../config/origins.js'
import { nodeDigests } from '../digest/node-digests.js'
import { createMemoryLimiter } from '../limits/memory-limiter.js'
import { createFeed } from '../live/feed.js'
import { createMemoryReplayCache } from '../replay/memory-replay-cache.js'
import { createMemoryStore } from '../store/memory-store.js'
import { createMetrics } from '../observe/metrics.js'
import type { LimitKind } from '../limits/limiter.js'
import type { World } from '../world.js'
import { ORIGIN, OTHER_SITE, SITE } from './sign.js'

export type TestWorld = World & { store: ReturnType<typeof createMemoryStore>; logged: string[] }

/** The limits of the contract, with some replaced. */
export const limits = (
  changed: Partial<Record<LimitKind, number>> = {},
): Record<LimitKind, number> => ({
  coarse: RATE_LIMITS.coarse.limit,
  v1: RATE_LIMITS.v1.limit,
  v2: RATE_LIMITS.v2.limit,
  sync: RATE_LIMITS.sync.limit,
  address: RATE_LIMITS.address.limit,
  site: RATE_LIMITS.site.limit,
  share: RATE_LIMITS.share.limit,
  ...changed,
})

/** A world in memory with two sites, and what it logged at every level. */
export const createWorld = (changed: Partial<World> = {}): TestWorld => {
  const logged: string[] = []
  const sites = [SITE, OTHER_SITE].map(({ id, publicId, secret }) => ({
    id,
    publicId,
    secrets: [secret],
  }))
  return {
    origins: new OriginPolicy([{ origin: ORIGIN, until: null }]),
    limiter: createMemoryLimiter(limits()),
    replay: createMemoryReplayCache(),
    store: createMemoryStore(sites),
    feed: createFeed(),
    metrics: createMetrics(() => 'memory'),
    log: pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) }),
    sha256: nodeDigests.sha256,
    now: Date.now,
    signingDisabled: false,
    trustedHops: 0,
    liveToken: 'the-live-token',
    metricsToken: null,
    host: '127.0.0.1',
    console: false,
    warnings: [],
    logged,
    ...changed,
  } as TestWorld
}
