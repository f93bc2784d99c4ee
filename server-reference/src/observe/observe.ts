import {
  CALLS,
  CALL_EVENT_V1,
  CALL_EVENT_V2,
  DOCS,
  HEALTH,
  LIVE,
  OPENAPI,
  SYNC,
} from '@opsmantik/tracker/contract'
import type { RequestContext } from '../http/request-context.js'
import { hint } from '../live/hints.js'
import { SHOWN } from '../live/shown.js'
import { METRICS } from '../pages/metrics.js'
import type { World } from '../world.js'
import { requestLine } from './request-line.js'

/** Characters of an origin that are logged: enough for every real one, and far less than a header of 16 KiB. */
export const ORIGIN_SHOWN = 256

/** Paths that may become a label; an invented path must not. */
const ENDPOINTS = new Set<string>([
  CALL_EVENT_V1,
  CALL_EVENT_V2,
  SYNC,
  HEALTH,
  LIVE,
  CALLS,
  OPENAPI,
  DOCS,
  METRICS,
  '/',
])

/**
 * Counts an answered request, notes it for its site's setup page, writes its log line, and shows a refusal on the live feed. The line has the outcome and
 * the page's origin, never the sender or the content: no address, no phone number, no token.
 */
export const observe = (
  { metrics, log, feed, origins, sightings }: World,
  context: RequestContext,
  status: number,
  ms: number,
): void => {
  const { method, path, refusal } = context
  sightings?.note(context, status)
  const endpoint = ENDPOINTS.has(path) ? path : 'other'
  const code = refusal ?? context.outcome ?? (method === 'OPTIONS' ? 'preflight' : 'ok')
  metrics.request(endpoint, status, code, ms / 1000)
  const line = {
    requestId: context.requestId,
    method,
    endpoint,
    status,
    code,
    site: context.siteId ?? context.signedSite ?? context.opened?.siteId ?? undefined,
    ms: Math.round(ms * 100) / 100,
  }
  if (refusal === undefined && log.line !== undefined) {
    log.line(requestLine(line, Date.now()))
    return
  }
  // The first question about a refusal is which page caused it.
  const origin = refusal && context.header('origin')?.slice(0, ORIGIN_SHOWN)
  const { requestId: request_id, ...rest } = line
  log.info({ request_id, ...rest, origin }, 'request')
  if (refusal === undefined || !SHOWN.has(endpoint)) return
  feed.publish(
    {
      type: 'refused',
      status,
      code: refusal,
      endpoint,
      ...(origin === undefined ? {} : { origin }),
      hint: hint(refusal, origin, origins),
    },
    context.detail,
  )
}
