import type { Route } from '../http/router.js'
import { addressLimit } from '../steps/client-limit.js'
import { setupRoutes } from '../setup/setup-routes.js'
import type { World } from '../world.js'
import { assetRoutes } from './assets.js'
import { consoleRoutes } from './console.js'

/** Returns the routes that need Node: files of this package (the script tags, the console), and the check of a page. */
export const ownRoutes = (world: World): Route[] => [
  ...assetRoutes(addressLimit(world.limiter, world.trustedHops)),
  ...consoleRoutes(world),
  ...setupRoutes(world),
]
