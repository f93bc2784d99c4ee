import { secretsEqual } from '../digest/secrets-equal.js'
import { reply } from '../http/reply.js'
import { refuse } from '../http/refuse.js'
import type { Metrics } from '../observe/metrics.js'
import type { Step } from '../steps/step.js'

export const METRICS = '/metrics'

/**
 * Serves `GET /metrics` for Prometheus. Traffic figures are confidential: in production it needs
 * `Authorization: Bearer <METRICS_TOKEN>`, and without that variable it responds with 404.
 */
export const metricsPage = (metrics: Metrics, token: string | null, isOpen: boolean): Step => ({
  name: 'Metrics',
  section: '15',
  run: async (context) => {
    if (!isOpen && token === null) return refuse(context, 'NOT_FOUND')
    const given = context.header('authorization') ?? ''
    if (token !== null && !secretsEqual(given, `Bearer ${token}`))
      return refuse(context, 'METRICS_TOKEN_REQUIRED')
    return reply(context, 200, await metrics.text(), {
      'Content-Type': metrics.contentType,
      'Cache-Control': 'no-store',
    })
  },
})
