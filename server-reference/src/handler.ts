import { createApp, type App } from './app.js'
import { readConfig } from './config/config.js'
import { createLogger } from './logger.js'
import { openDatabase, openWorld } from './open-world.js'
import { ownRoutes } from './pages/own-routes.js'
import { openLate } from './store/late-database.js'

/** Answers one request. */
export type Handler = (request: Request) => Promise<Response>

/**
 * Creates the server as one function, for platforms that bring their own sockets (Vercel and others; with Node's
 * runtime, because Postgres needs TCP). It has no live feed, because such a function cannot keep a WebSocket open.
 *
 * The first request that needs the database opens it, so a preflight is answered without it. Limits and replay keys
 * belong in Redis or Upstash, because each instance has its own memory. Behind a platform's proxy set
 * `TRUSTED_PROXY_HOPS=1`: there is no socket to take the visitor's address from.
 *
 * @param env default: the process's own environment (docs/reference-server.md)
 * @throws ConfigError that lists every variable that cannot be used
 */
export const createHandler = (env: Record<string, string | undefined> = process.env): Handler => {
  const config = readConfig(env)
  // Synchronous, because buffered lines are lost when the platform freezes the process after the response.
  const log = createLogger(config.logLevel, config.production, { sync: true })
  let opening: Promise<App> | undefined
  const open = async (): Promise<App> => {
    const late: typeof openDatabase = async (...args) => openLate(() => openDatabase(...args))
    const { world } = await openWorld(config, log, late)
    return createApp(world, ownRoutes(world))
  }
  return async (request) => {
    opening ??= open()
    try {
      return (await opening).fetch(request)
    } catch (error) {
      opening = undefined
      throw error
    }
  }
}
