import { createHash, timingSafeEqual } from 'node:crypto'
import type { Step } from '../env.js'
import { reply } from '../http/reply.js'
import { refuse } from '../http/refuse.js'
import type { Metrics } from '../observe/metrics.js'

export const METRICS = '/metrics'

/**
 * `GET /metrics` for Prometheus. How much is going on is nobody else's business: in production it needs
 * `Authorization: Bearer <METRICS_TOKEN>`, and without that variable it is not there.
 */
export const metricsPage =
  (metrics: Metrics, token: string | null, isOpen: boolean): Step =>
  async (c) => {
    if (!isOpen && token === null) return refuse(c, 'NOT_FOUND')
    if (token !== null && !isBearer(c.req.header('authorization'), token))
      return refuse(c, 'METRICS_TOKEN_REQUIRED')
    return reply(c, 200, await metrics.text(), {
      'Content-Type': metrics.contentType,
      'Cache-Control': 'no-store',
    })
  }

const isBearer = (header: string | undefined, token: string): boolean => {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${token}`))
}
