/**
 * Exports the parts of the reference server that the simulation uses; bundled separately, so that a bug can be planted
 * in it.
 */
export { createApp } from '../../server-reference/src/app.js'
export { OriginPolicy } from '../../server-reference/src/config/origins.js'
export { createMemoryReplayCache } from '../../server-reference/src/replay/memory-replay-cache.js'
export { createMemoryWorld } from '../../server-reference/src/memory-world.js'
