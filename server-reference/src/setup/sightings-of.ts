import type { World } from '../world.js'
import { createSightings, type Sightings } from './sightings.js'

/** Returns the world's one memory of what was seen. */
export const sightingsOf = (world: World): Sightings => (world.sightings ??= createSightings(world))
