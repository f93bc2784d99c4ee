import {
  ALLOWED_METHODS,
  CALL_EVENT_V1,
  CALL_EVENT_V2,
  DOCS,
  HEALTH,
  LIVE,
  OPENAPI,
  SYNC,
} from '@opsmantik/tracker/contract'
import { Hono } from 'hono'
import type { Env, Step } from './env.js'
import { refuse } from './http/refuse.js'
import { replyJson } from './http/reply.js'
import { serve } from './http/serve.js'
import { liveRoute } from './live/live-route.js'
import { consolePage } from './pages/console.js'
import { docs } from './pages/docs.js'
import { health } from './pages/health.js'
import { METRICS, metricsPage } from './pages/metrics.js'
import { openApiDocument } from './pages/openapi.js'
import { answer, answerSync } from './steps/answer.js'
import { body } from './steps/body.js'
import { callBody } from './steps/call-body.js'
import { addressLimit, clientLimit } from './steps/client-limit.js'
import { contentType } from './steps/content-type.js'
import { cors, preflight } from './steps/cors.js'
import { insert, insertSync } from './steps/insert.js'
import { origin } from './steps/origin.js'
import { remember, replay } from './steps/replay.js'
import { signature, signatureIfDemanded } from './steps/signature.js'
import { site, syncSites } from './steps/site.js'
import { siteLimit, syncSiteLimit } from './steps/site-limit.js'
import { syncBody } from './steps/sync-body.js'
import type { World } from './world.js'

/** Puts a step into its place in the contract's order. */
const nth = (number: number, step: Step): Step => Object.assign(step, { number })

/**
 * The order of checks for a call event (contract section 5); step 1, method and path, is the router's. Each step
 * answers, or lets the next one have its turn. Nothing before step 6 touches the database; until it has succeeded, nothing runs as
 * service_role.
 */
export const callEventSteps = (world: World, endpoint: 'v1' | 'v2', path: string): Step[] => [
  nth(2, origin(world.origins, endpoint, world.signingDisabled)),
  nth(3, body),
  nth(4, contentType),
  nth(5, clientLimit(world.limiter, 'coarse', world.trustedHops)),
  nth(6, world.signingDisabled ? () => undefined : signature(world)),
  nth(7, callBody),
  nth(8, site(world)),
  nth(9, siteLimit(world.limiter, endpoint)),
  nth(10, replay(world.replay, world.log)),
  nth(11, insert(world.store, world.log, path)),
  nth(11, remember(world.replay)),
  nth(12, answer(world.feed, world.log, path)),
]

/** The same order for page and session events. There is no replay step: each has its event_id, or none. */
export const syncSteps = (world: World): Step[] => [
  nth(2, origin(world.origins, 'sync', world.signingDisabled)),
  nth(3, body),
  nth(4, contentType),
  nth(5, clientLimit(world.limiter, 'sync', world.trustedHops)),
  nth(6, signatureIfDemanded(world)),
  nth(7, syncBody),
  nth(8, syncSites(world)),
  nth(9, syncSiteLimit(world.limiter)),
  nth(11, insertSync(world.store, world.log)),
  nth(12, answerSync(world.feed)),
]

/** The whole server but its sockets. */
export const createApp = (world: World): Hono<Env> => {
  const app = new Hono<Env>()
  app.notFound(serve(world, [(c) => refuse(c, 'NOT_FOUND')]))

  ingest(app, world, CALL_EVENT_V1, callEventSteps(world, 'v1', CALL_EVENT_V1))
  ingest(app, world, CALL_EVENT_V2, callEventSteps(world, 'v2', CALL_EVENT_V2))
  ingest(app, world, SYNC, syncSteps(world))

  const limit = addressLimit(world.limiter, world.trustedHops)
  const document = (() => {
    let made: ReturnType<typeof openApiDocument> | undefined
    return () => (made ??= openApiDocument())
  })()
  read(app, world, HEALTH, limit, health(world))
  read(app, world, LIVE, limit, liveRoute(world))
  read(app, world, OPENAPI, limit, (c) => replyJson(c, 200, document()))
  read(app, world, DOCS, limit, docs())
  read(app, world, METRICS, limit, metricsPage(world.metrics, world.metricsToken, world.console))
  if (world.console) {
    read(app, world, '/', consolePage(world))
    read(app, world, '/console/:file', consolePage(world))
  }
  return app
}

/** A path that takes events: OPTIONS before everything, POST through the steps, no other method. */
export const ingest = (app: Hono<Env>, world: World, path: string, steps: Step[]): void => {
  const withCors = cors(world.origins)
  app.on('POST', [path], serve(world, [withCors, ...steps]))
  app.options(path, serve(world, [withCors, nth(2, preflight(world.origins))]))
  app.all(path, serve(world, [withCors, notAllowed(ALLOWED_METHODS)]))
}

/** A path that is read. HEAD is GET without its body (RFC 9110, 9.3.2). */
const read = (app: Hono<Env>, world: World, path: string, ...steps: Step[]): void => {
  app.on('GET', [path], serve(world, steps))
  app.all(path, serve(world, [notAllowed('GET, HEAD')]))
}

const notAllowed = (allow: string): Step =>
  nth(1, (c) => refuse(c, 'METHOD_NOT_ALLOWED', {}, { Allow: allow }))
