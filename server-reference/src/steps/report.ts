import { REFUSALS } from '@opsmantik/tracker/contract'
import type { OriginPolicy } from '../config/origins.js'
import type { Step } from '../env.js'
import type { Feed } from '../live/feed.js'
import { hint } from '../live/hints.js'
import type { Logger } from 'pino'

/** Long enough for every real origin; the feed is no place for 16 KiB of somebody's header. */
const ORIGIN_SHOWN = 256

/** Tells the log and the live feed about each refusal, once it is answered. No address, no number, no token. */
export const report =
  (feed: Feed, log: Logger, origins: OriginPolicy, endpoint: string): Step =>
  async (c, next) => {
    await next()
    const code = c.get('refusal')
    if (code === undefined) return
    const origin = c.req.header('origin')?.slice(0, ORIGIN_SHOWN)
    const { status } = REFUSALS[code]
    const method = c.req.method
    const site = c.get('siteId')
    log.info(
      { request_id: c.get('requestId'), method, endpoint, status, code, origin, site },
      'refused',
    )
    setImmediate(() =>
      feed.publish({
        type: 'refused',
        status,
        code,
        endpoint,
        ...(origin === undefined ? {} : { origin }),
        hint: hint(code, origin, origins),
      }),
    )
  }
