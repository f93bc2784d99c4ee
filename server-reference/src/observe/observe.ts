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

/** Long enough for every real origin; a log line is no place for 16 KiB of somebody's header. */
export const ORIGIN_SHOWN = 256

/** A path of somebody's invention must not become a label. */
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
 * Counts an answered request, writes its line in the log, and shows a refusal on the live feed. What became of it and
 * whose page it was, never who sent it or what it said: no address, no number, no token.
 */
export const observe = (
  { metrics, log, feed, origins }: World,
  context: RequestContext,
  status: number,
  ms: number,
): void => {
  const { method, path, refusal } = context
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
  // Whose page it was is the first question about a refusal.
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
