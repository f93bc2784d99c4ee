import type { Step } from '../env.js'
import { refuse } from '../http/refuse.js'
import { refusalOf, type Door } from './handshake.js'

/** RFC 9110, 15.5.22 and RFC 6455, 4.2.2: what it takes. */
const HOW = { Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Version': '13' }

/** `GET /api/live` as plain HTTP: where refused readers are told why, and others that they need a WebSocket. */
export const liveRoute =
  (door: Door): Step =>
  (c) => {
    c.set('cors', { Vary: 'Origin' })
    const origin = c.req.header('origin')
    const refusal = refusalOf(door, {
      origin,
      host: c.req.header('host'),
      protocols: c.req.header('sec-websocket-protocol'),
      token: c.req.query('token') ?? null,
    })
    if (refusal === 'ORIGIN_NOT_ALLOWED') return refuse(c, refusal, { origin: origin ?? '' })
    if (refusal !== null) return refuse(c, refusal)
    return refuse(c, 'UPGRADE_REQUIRED', {}, HOW)
  }
