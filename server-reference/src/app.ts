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
import { requestId } from './http/request-id.js'
import { liveRoute } from './live/live-route.js'
import { consolePage } from './pages/console.js'
import { docs } from './pages/docs.js'
import { health } from './pages/health.js'
import { openApiDocument } from './pages/openapi.js'
import { answer, answerSync } from './steps/answer.js'
import { body } from './steps/body.js'
import { callBody } from './steps/call-body.js'
import { addressLimit, clientLimit } from './steps/client-limit.js'
import { contentType } from './steps/content-type.js'
import { cors, preflight } from './steps/cors.js'
import { insert, insertSync } from './steps/insert.js'
import { origin } from './steps/origin.js'
import { replay } from './steps/replay.js'
import { report } from './steps/report.js'
import { signature, signatureIfDemanded } from './steps/signature.js'
import { site, syncSites } from './steps/site.js'
import { siteLimit, syncSiteLimit } from './steps/site-limit.js'
import { syncBody } from './steps/sync-body.js'
import type { World } from './world.js'

/**
 * The order of checks for a call event (contract section 5); step 1, method and path, is the router's. Each step stops
 * the request or hands it on. Nothing before step 6 touches the database; until it has succeeded, nothing runs as
 * service_role.
 */
export const callEventSteps = (world: World, endpoint: 'v1' | 'v2', path: string): Step[] => [
  /*  2 */ origin(world.origins, endpoint, world.signingDisabled),
  /*  3 */ body,
  /*  4 */ contentType,
  /*  5 */ clientLimit(world.limiter, 'coarse', world.trustedHops),
  /*  6 */ world.signingDisabled ? (_, next) => next() : signature(world),
  /*  7 */ callBody,
  /*  8 */ site(world),
  /*  9 */ siteLimit(world.limiter, endpoint),
  /* 10 */ replay(world.replay, world.log),
  /* 11 */ insert(world.store, world.log, path),
  /* 12 */ answer(world.feed, world.log, path),
]

/** The same order for page and session events. There is no replay step: each has its event_id, or none. */
export const syncSteps = (world: World): Step[] => [
  /*  2 */ origin(world.origins, 'sync', world.signingDisabled),
  /*  3 */ body,
  /*  4 */ contentType,
  /*  5 */ clientLimit(world.limiter, 'sync', world.trustedHops),
  /*  6 */ signatureIfDemanded(world),
  /*  7 */ syncBody,
  /*  8 */ syncSites(world),
  /*  9 */ syncSiteLimit(world.limiter),
  /* 11 */ insertSync(world.store, world.log),
  /* 12 */ answerSync(world.feed),
]

/** The whole server but its sockets. */
export const createApp = (world: World): Hono<Env> => {
  const app = new Hono<Env>()
  app.use(requestId)
  app.onError((error, c) => {
    world.log.error({ err: error, request_id: c.get('requestId') }, 'unexpected')
    return refuse(c, 'INTERNAL')
  })
  app.notFound((c) => refuse(c, 'NOT_FOUND'))

  ingest(app, world, CALL_EVENT_V1, callEventSteps(world, 'v1', CALL_EVENT_V1))
  ingest(app, world, CALL_EVENT_V2, callEventSteps(world, 'v2', CALL_EVENT_V2))
  ingest(app, world, SYNC, syncSteps(world))

  const limit = addressLimit(world.limiter, world.trustedHops)
  const document = (() => {
    let made: ReturnType<typeof openApiDocument> | undefined
    return () => (made ??= openApiDocument())
  })()
  read(app, HEALTH, limit, health(world))
  read(app, LIVE, report(world.feed, world.log, world.origins, LIVE), limit, liveRoute(world))
  read(app, OPENAPI, limit, (c) => Promise.resolve(c.json(document())))
  read(app, DOCS, limit, docs())
  if (world.console) {
    read(app, '/', consolePage(world))
    read(app, '/console/:file', consolePage(world))
  }
  return app
}

/** A path that takes events: OPTIONS before everything, POST through the steps, no other method. */
export const ingest = (app: Hono<Env>, world: World, path: string, steps: Step[]): void => {
  app.use(path, cors(world.origins), report(world.feed, world.log, world.origins, path))
  app.options(path, preflight(world.origins))
  app.on('POST', [path], ...steps)
  app.all(path, notAllowed(ALLOWED_METHODS))
}

/** A path that is read. HEAD is GET without its body (RFC 9110, 9.3.2). */
const read = (app: Hono<Env>, path: string, ...steps: Step[]): void => {
  app.on('GET', [path], ...steps)
  app.all(path, notAllowed('GET, HEAD'))
}

const notAllowed =
  (allow: string): Step =>
  async (c) => {
    c.header('Allow', allow)
    return refuse(c, 'METHOD_NOT_ALLOWED')
  }
