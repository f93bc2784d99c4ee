import {
  ALLOWED_METHODS,
  CALLS,
  CALL_EVENT_V1,
  CALL_EVENT_V2,
  DOCS,
  HEALTH,
  LIVE,
  OPENAPI,
  SYNC,
} from '@opsmantik/tracker/contract'
import { accessOf } from './access/access-of.js'
import { createRouter, stepsFor, type Route } from './http/router.js'
import { runSteps, type SendAnswer } from './http/run-steps.js'
import type { RequestContext } from './http/request-context.js'
import { toResponse } from './http/to-response.js'
import { WebContext, type SocketPeer } from './http/web-context.js'
import { liveRoute } from './live/live-route.js'
import { publishLateMatch } from './live/publish-late-match.js'
import { SHOWN } from './live/shown.js'
import { traceRequest } from './live/trace.js'
import { docs } from './pages/docs.js'
import { createSocketObserver, type SocketRefusal } from './observe/socket-observer.js'
import { health } from './pages/health.js'
import { METRICS, metricsPage } from './pages/metrics.js'
import { openApiPage } from './pages/openapi-page.js'
import {
  CONSOLE_SITES,
  CONSOLE_STORY,
  CONSOLE_SUMMARY,
  consoleSites,
  consoleStory,
  consoleSummary,
} from './reading/console-data.js'
import { recordedCalls } from './reading/recorded-calls.js'
import { tokenStep } from './reading/token-step.js'
import {
  CONSOLE_RESEND,
  CONSOLE_WEBHOOKS,
  consoleResend,
  consoleWebhooks,
} from './reading/webhook-data.js'
import { sightingsOf } from './setup/sightings-of.js'
import { CONSOLE_SETUP, consoleSetup } from './setup/setup-data.js'
import { answer, answerSync } from './steps/answer.js'
import { body } from './steps/body.js'
import { callBody } from './steps/call-body.js'
import { addressLimit, clientLimit } from './steps/client-limit.js'
import { contentType } from './steps/content-type.js'
import { corsHeaders } from './steps/cors.js'
import { insert, insertSync } from './steps/insert.js'
import { methodNotAllowed } from './steps/method.js'
import { notFound } from './steps/not-found.js'
import { origin } from './steps/origin.js'
import { preflight } from './steps/preflight.js'
import { remember } from './steps/remember.js'
import { noReplay, replay } from './steps/replay.js'
import { signature, signatureIfDemanded } from './steps/signature.js'
import { site, syncSites } from './steps/site.js'
import { expectSiteLimit, siteLimit, syncSiteLimit } from './steps/site-limit.js'
import type { Step } from './steps/step.js'
import { syncBody } from './steps/sync-body.js'
import type { World } from './world.js'

/**
 * Returns the checks for a call event in their order (contract section 5); step 1, method and path, is the router's.
 * Each step responds, or lets the next one run. Nothing before `signature` touches the database; until it has
 * succeeded, nothing runs as service_role.
 */
export const callEventSteps = (world: World, endpoint: 'v1' | 'v2', path: string): Step[] => [
  origin(world.origins, endpoint, world.signingDisabled),
  body,
  contentType,
  endpoint === 'v1'
    ? clientLimit(world.limiter, 'coarse', world.trustedHops)
    : addressLimit(world.limiter, world.trustedHops, '5.5'),
  signature(world, expectSiteLimit(world.limiter, endpoint, world.trustedHops)),
  callBody,
  site(world),
  siteLimit(world.limiter, endpoint, world.trustedHops),
  replay(world),
  insert(world.store, world.log, path, world.markOf),
  remember(world.replay),
  answer(world.feed, world.log, path),
]

/** Returns the same order for page and session events. */
export const syncSteps = (world: World): Step[] => [
  origin(world.origins, 'sync', world.signingDisabled),
  body,
  contentType,
  clientLimit(world.limiter, 'sync', world.trustedHops),
  signatureIfDemanded(world),
  syncBody,
  syncSites(world),
  syncSiteLimit(world.limiter),
  noReplay,
  insertSync(world.store, world.log),
  answerSync(world.feed),
]

/** The server without its sockets: web standards only, so that it runs in Node, in a worker and in a page. */
export interface App {
  /** Answers a request of any adapter. */
  handle(context: RequestContext, send: SendAnswer): void
  fetch(request: Request, client?: SocketPeer): Promise<Response>
  /** Handles a request given as a path and the options of `Request`, which suits tests. */
  request(path: string, init?: RequestInit, client?: SocketPeer): Promise<Response>
  /** Logs and counts a request that the socket layer refused before the application saw it. */
  noteRefusal(refusal: SocketRefusal): void
}

/** @param others routes beside the contract's; one with the path of an own route takes its place */
export const createApp = (world: World, others: readonly Route[] = []): App => {
  sightingsOf(world)
  world.store.onLateMatch((call) => publishLateMatch(world.feed, call))
  const limit = addressLimit(world.limiter, world.trustedHops)
  const token = tokenStep(accessOf(world), world.log)
  const find = createRouter([
    ingestRoute(world, CALL_EVENT_V1, callEventSteps(world, 'v1', CALL_EVENT_V1)),
    ingestRoute(world, CALL_EVENT_V2, callEventSteps(world, 'v2', CALL_EVENT_V2)),
    ingestRoute(world, SYNC, syncSteps(world)),
    readingRoute(HEALTH, limit, health(world)),
    readingRoute(LIVE, limit, liveRoute(world, accessOf(world))),
    readingRoute(CALLS, limit, token, recordedCalls(world)),
    readingRoute(CONSOLE_SITES, limit, token, consoleSites(world)),
    readingRoute(CONSOLE_SUMMARY, limit, token, consoleSummary(world)),
    readingRoute(CONSOLE_STORY, limit, token, consoleStory(world)),
    readingRoute(CONSOLE_SETUP, limit, token, consoleSetup(world)),
    readingRoute(CONSOLE_WEBHOOKS, limit, token, consoleWebhooks(world)),
    {
      path: CONSOLE_RESEND,
      methods: { POST: [limit, token, consoleResend(world)] },
      otherwise: [limit, methodNotAllowed('POST', '1'), token],
    },
    readingRoute(OPENAPI, limit, openApiPage()),
    readingRoute(DOCS, limit, docs()),
    readingRoute(METRICS, limit, metricsPage(world.metrics, world.metricsToken, world.console)),
    ...others,
  ])
  const unknown: Route = {
    path: '',
    methods: {},
    otherwise: notFound(world.origins, limit),
    prepare: withCors(world),
  }

  const handle = (context: RequestContext, send: SendAnswer): void => {
    const route = find(context) ?? unknown
    route.prepare?.(context)
    const steps = stepsFor(route, context.method)
    if (world.console && SHOWN.has(context.path)) traceRequest(world, context, steps, send)
    else runSteps(world, steps, context, send)
  }
  const fetch: App['fetch'] = (request, client) =>
    new Promise((resolve, reject) => {
      handle(new WebContext(request, client), (made) => {
        try {
          resolve(toResponse(made, request.method))
        } catch (error) {
          reject(error)
        }
      })
    })
  return {
    handle,
    fetch,
    request: (path, init, client) => fetch(new Request(`http://localhost${path}`, init), client),
    noteRefusal: createSocketObserver(world),
  }
}

/** Returns the route of a path that receives events: OPTIONS before everything, POST through the steps, no other method. */
export const ingestRoute = (world: World, path: string, steps: readonly Step[]): Route => ({
  path,
  methods: { POST: steps, OPTIONS: [preflight(world.origins)] },
  otherwise: [
    addressLimit(world.limiter, world.trustedHops),
    methodNotAllowed(ALLOWED_METHODS, '5.1'),
    ...steps,
  ],
  prepare: withCors(world),
})

const withCors =
  ({ origins }: World): NonNullable<Route['prepare']> =>
  (context) => {
    context.cors = corsHeaders(origins, context.header('origin'))
  }

/**
 * Returns the route of a path that is only read.
 *
 * @param limit counts the request for its address, with any method; null: it is not counted
 */
export const readingRoute = (
  path: string,
  limit: Step | null,
  ...steps: readonly Step[]
): Route => {
  const first = limit === null ? [] : [limit]
  return {
    path,
    methods: { GET: [...first, ...steps] },
    otherwise: [...first, methodNotAllowed('GET, HEAD', '1'), ...steps],
  }
}
