import type { Route } from '../http/router.js'
import { addressLimit } from '../steps/client-limit.js'
import type { World } from '../world.js'
import { assetRoutes } from './assets.js'
import { consoleRoutes } from './console.js'

/** Returns the routes whose answers are files of this package: the script tags, and the console. */
export const ownRoutes = (world: World): Route[] => [
  ...assetRoutes(addressLimit(world.limiter, world.trustedHops)),
  ...consoleRoutes(world),
]
