import type { World } from '../world.js'
import { createAccess, type Access } from './access.js'

/** Returns the world's one access: wrong tokens count together, whether for reading or for the feed. */
export const accessOf = (world: World): Access => (world.access ??= createAccess(world))
