import { pino } from 'pino'
import { OriginPolicy } from '../config/origins.js'
import { nodeDigests } from '../digest/node-digests.js'
import { createMemoryWorld, type MemoryOptions, type MemoryWorld } from '../memory-world.js'
import { createMetrics } from '../observe/metrics.js'
import { ORIGIN, OTHER_SITE, SITE } from './sign.js'

export { contractLimits as limits } from '../limits/contract-limits.js'

export type TestWorld = MemoryWorld & { logged: string[] }

/** Creates a world in memory with two sites, and the log of every level. */
export const createWorld = (changed: MemoryOptions = {}): TestWorld => {
  const logged: string[] = []
  const sites = [SITE, OTHER_SITE].map(({ id, publicId, secret }) => ({
    id,
    publicId,
    secrets: [secret],
  }))
  const world = createMemoryWorld({
    sites,
    digests: nodeDigests,
    origins: new OriginPolicy([{ origin: ORIGIN, until: null }]),
    metrics: createMetrics(() => 'memory'),
    log: pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) }),
    liveToken: 'the-live-token',
    ...changed,
  })
  return { ...world, logged }
}
