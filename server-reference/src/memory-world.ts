import { OriginPolicy } from './config/origins.js'
import { portableDigests } from './digest/portable-digests.js'
import { contractLimits } from './limits/contract-limits.js'
import type { LimitKind } from './limits/limiter.js'
import { createMemoryLimiter } from './limits/memory-limiter.js'
import { createFeed } from './live/feed.js'
import type { Metrics } from './observe/metrics.js'
import { createMemoryReplayCache } from './replay/memory-replay-cache.js'
import { createMemoryStore, type MemorySite } from './store/memory-store.js'
import type { Log, World } from './world.js'

/** Options of a server in memory. Every other part of a `World` can be passed as well, to replace the default. */
export interface MemoryOptions extends Partial<World> {
  /** @default none: every site id is unknown */
  sites?: MemorySite[]
  /** Requests per minute by kind. @default the contract's */
  limits?: Partial<Record<LimitKind, number>>
  /** `nodeDigests` is ten times faster, if there is Node. @default portableDigests */
  digests?: typeof portableDigests
}

export type MemoryWorld = World & { store: ReturnType<typeof createMemoryStore> }

const nothing = (): void => {}
const SILENT: Log = { info: nothing, warn: nothing, error: nothing }
const UNCOUNTED: Metrics = {
  request: nothing,
  batch: nothing,
  text: async () => '',
  contentType: 'text/plain',
}

/**
 * Creates all parts of a server that keeps everything in memory, for `createApp`: the one such server of the tests, the
 * inspection API, the MSW handlers, the simulation and the benchmarks. By default it accepts events from every origin,
 * writes no log and counts no metrics.
 */
export const createMemoryWorld = ({
  sites = [],
  limits = {},
  digests = portableDigests,
  ...parts
}: MemoryOptions = {}): MemoryWorld => {
  const { now = Date.now } = parts
  const world: World = {
    origins: new OriginPolicy([{ origin: '*', until: null }], now),
    limiter: createMemoryLimiter(contractLimits(limits)),
    replay: createMemoryReplayCache(now),
    store: createMemoryStore(sites, now, digests.hmacSha256),
    feed: createFeed(now),
    log: SILENT,
    metrics: UNCOUNTED,
    sha256: digests.sha256,
    now,
    signingDisabled: false,
    trustedHops: 0,
    liveToken: null,
    metricsToken: null,
    host: '127.0.0.1',
    console: false,
    warnings: [],
    ...parts,
  }
  return world as MemoryWorld
}
