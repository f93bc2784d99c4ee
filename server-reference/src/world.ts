import type { HealthWarning } from '@opsmantik/tracker/contract'
import type { Access } from './access/access.js'
import type { OriginPolicy } from './config/origins.js'
import type { Sha256 } from './digest/portable-digests.js'
import type { RequestContext } from './http/request-context.js'
import type { Limiter } from './limits/limiter.js'
import type { Feed } from './live/feed.js'
import type { Metrics } from './observe/metrics.js'
import type { ReplayCache } from './replay/replay-cache.js'
import type { ReadOnce } from './setup/read-once.js'
import type { Sightings } from './setup/sightings.js'
import type { Mark, Store } from './store/store.js'

/** The logger of the application; pino's logger fits. */
export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  /**
   * Writes a finished line at level info. Absent if such lines are not wanted, or not as JSON: then `info` is called.
   */
  line?: ((json: string) => void) | undefined
}

/** Returns why a call is not counted, or null. */
export type MarkOf = (context: RequestContext) => Mark | null

/** Everything the application talks to. Tests hand in their own. */
export interface World {
  origins: OriginPolicy
  limiter: Limiter
  replay: ReplayCache
  store: Store
  feed: Feed
  /** Returns how this process receives the others' messages; absent if there are no others. */
  feedMode?: () => 'redis' | 'notify' | 'polling'
  log: Log
  metrics: Metrics
  /** Absent: every call is counted. */
  markOf?: MarkOf
  sha256: Sha256
  /** Milliseconds since the epoch. */
  now: () => number
  /** Contract section 4. */
  signingDisabled: boolean
  /** Hops of X-Forwarded-For to believe (section 9). */
  trustedHops: number
  /** Null: no live feed. */
  liveToken: string | null
  /** Decides what tokens open; created with the application if absent. */
  access?: Access
  /** Remembers what was seen of each site; created with the application if absent. */
  sightings?: Sightings
  /** The address the server listens on; its own console may come from there. */
  host: string
  /** Token that `/metrics` requires; null if none, which in production closes the page. */
  metricsToken: string | null
  /** Days that calls are kept; null or absent: for ever. */
  retentionDays?: number | null
  /** Development only: the Inspector on the console, and metrics without a token. */
  console: boolean
  /** Reads a customer's page for the setup view. Absent: pages cannot be checked. */
  readOnce?: ReadOnce
  /** Warnings that health reports besides those that it finds itself. */
  warnings: HealthWarning[]
  /** The same for what comes and goes. Absent: nothing does. */
  passingWarnings?: () => HealthWarning[]
}
