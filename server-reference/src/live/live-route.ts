import { refuse } from '../http/refuse.js'
import type { Step } from '../steps/step.js'
import type { Access } from '../access/access.js'
import { storeFailed } from '../steps/unavailable.js'
import type { Log } from '../world.js'
import { judgeReader, type Door } from './handshake.js'

/** RFC 9110, 15.5.22 and RFC 6455, 4.2.2: what it takes. */
const HOW = { Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Version': '13' }

/** Seconds after which wrong tokens of an address are forgotten. */
const RETRY_AFTER_SECONDS = 60

/**
 * Handles `GET /api/live` as plain HTTP: a refused reader gets the reason, any other the response that it needs a
 * WebSocket.
 */
export const liveRoute = (door: Door & { log: Log }, access: Access): Step => ({
  name: 'Origin, then token',
  section: '12',
  run: async (context) => {
    context.cors = ['Vary', 'Origin']
    const origin = context.header('origin')
    const query = context.target.split('?', 2)[1]
    try {
      const judged = await judgeReader(door, access, {
        origin,
        host: context.header('host'),
        protocols: context.header('sec-websocket-protocol'),
        token: new URLSearchParams(query).get('token'),
        address: context.address,
      })
      if ('opened' in judged) return refuse(context, 'UPGRADE_REQUIRED', {}, HOW)
      const { refusal } = judged
      if (refusal === 'ORIGIN_NOT_ALLOWED')
        return refuse(context, refusal, { origin: origin ?? '' })
      if (refusal !== 'RATE_LIMITED') return refuse(context, refusal)
      return refuse(
        context,
        refusal,
        { retry_after: RETRY_AFTER_SECONDS },
        { 'Retry-After': String(RETRY_AFTER_SECONDS) },
      )
    } catch (error) {
      return storeFailed(context, door.log, error)
    }
  },
})
